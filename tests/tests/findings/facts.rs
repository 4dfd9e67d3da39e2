//! What one construct says about another: facts that contradict each other, are malformed or reach nobody.

use construct_core::{Metadata, Tagging};
use construct_iam::{ManagedPolicy, PermissionsBoundary};

use super::*;

fn queue() -> RawResource {
    RawResource::new("AWS::SQS::Queue").tagging(Tagging::List)
}

#[test]
fn tag_without_a_key() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, Tag::new("", "value")); //~ error tag::malformed at Tools/Queue: `value`
    check(app);
}

#[test]
fn tag_with_a_reserved_key() {
    let mut app = App::new();
    app.stack("Tools", HOME);
    let root = app.root();
    app.attach(root, Tag::new("aws:team", "delivery")); //~ error tag::malformed at the app: `aws:team`
    check(app);
}

#[test]
fn tag_with_a_reserved_key_in_capital_letters() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, Tag::new("AWS:team", "delivery")); //~ error tag::malformed at Tools: `AWS:team`
    check(app);
}

#[test]
fn tag_with_characters_that_no_service_takes() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, Tag::new("team", "delivery <orders>")); //~ error tag::malformed at Tools: `delivery <orders>`
    app.attach(tools, Tag::new("text", "two\nlines")); //~ error tag::malformed at Tools: `two\nlines`
    check(app);
}

#[test]
fn tags_that_are_too_long() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, Tag::new("k".repeat(129), "value")); //~ error tag::malformed at Tools: `kkk
    app.attach(tools, Tag::new("key", "v".repeat(257))); //~ error tag::malformed at Tools: `key`
    check(app);
}

#[test]
fn one_tag_with_two_values() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, Tag::new("team", "delivery"));
    app.attach(tools, Tag::new("team", "orders")); //~ error tag::contradiction at Tools: `team`
    check(app);
}

#[test]
fn two_removal_policies() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, RemovalPolicy::Retain);
    app.attach(queue, RemovalPolicy::Destroy); //~ error removal-policy::contradiction at Tools/Queue: `Retain`
    check(app);
}

#[test]
fn one_property_overridden_twice() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, PropertyOverride::set("DelaySeconds", 1));
    app.attach(queue, PropertyOverride::set("DelaySeconds", 2)); //~ error override::contradiction at Tools/Queue: `DelaySeconds`
    check(app);
}

#[test]
fn two_permissions_boundaries() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com")));
    app.attach(role, PermissionsBoundary::new("arn:aws:iam::111111111111:policy/a"));
    app.attach(role, PermissionsBoundary::new("arn:aws:iam::111111111111:policy/b")); //~ error permissions-boundary::contradiction at Tools/Role: boundar
    check(app);
}

#[test]
fn two_ways_to_check_accesses() {
    let mut app = App::new();
    app.stack("Tools", HOME);
    app.access(AccessCheck::Warn);
    app.access(AccessCheck::Off); //~ error access::contradiction at : access check
    check(app);
}

#[test]
fn one_metadata_entry_with_two_values() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, Metadata::new("Owner", "delivery"));
    app.attach(queue, Metadata::new("Owner", "orders")); //~ error metadata::contradiction at Tools/Queue: `Owner`
    check(app);
}

#[test]
fn override_through_a_text() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue().property("QueueName", "orders"));
    app.attach(queue, PropertyOverride::set("QueueName.Length", 1)); //~ error override::no-such-place at Tools/Queue: `QueueName.Length`
    check(app);
}

#[test]
fn override_of_a_list_by_a_word() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let list = app.at(tools).add("Queue", queue().property("List", ["a", "b"]));
    app.attach(list, PropertyOverride::set("List.first", "c")); //~ error override::no-such-place at Tools/Queue: `first`
    check(app);
}

#[test]
fn override_beyond_the_end_of_a_list() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let list = app.at(tools).add("Queue", queue().property("List", ["a", "b"]));
    app.attach(list, PropertyOverride::set("List.7", "c")); //~ error override::no-such-place at Tools/Queue: entry 7
    check(app);
}

#[test]
fn override_with_an_empty_path() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, PropertyOverride::set("", "c")); //~ error override::no-such-place at Tools/Queue: empty
    check(app);
}

#[test]
fn override_for_a_type_that_is_not_there() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    app.attach(queue, PropertyOverride::set("A", "c").only("AWS::S3::Bucket")); //~ warning fact::unread at Tools/Queue: property override
    check(app);
}

#[test]
fn policy_statement_on_what_has_no_policy() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let queue = app.at(tools).add("Queue", queue());
    let statement = PolicyStatement::allow(["sqs:SendMessage"]).on(["*"]);
    app.attach(queue, statement); //~ error fact::unread at Tools/Queue: policy statement
    check(app);
}

#[test]
fn managed_policy_on_what_is_no_role() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, ManagedPolicy::new("arn:aws:iam::aws:policy/ReadOnlyAccess")); //~ error fact::unread at Tools: managed policy
    check(app);
}

#[test]
fn metadata_on_a_stack() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, Metadata::new("Owner", "delivery")); //~ error fact::unread at Tools: metadata
    check(app);
}

#[test]
fn boundary_where_there_is_no_role() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(tools, PermissionsBoundary::new("arn:aws:iam::111111111111:policy/a")); //~ warning fact::unread at Tools: permissions boundary
    check(app);
}

#[test]
fn removal_policy_on_what_is_imported() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let bucket = app.at(tools).add("Bucket", Bucket::import("orders-releases"));
    app.attach(bucket, RemovalPolicy::Destroy); //~ warning fact::unread at Tools/Bucket: removal policy
    check(app);
}

#[test]
fn facts_about_a_construct_of_another_app() {
    let mut other = App::new();
    let elsewhere = other.stack("Elsewhere", HOME);
    let stray = other.at(elsewhere).add("Queue", queue());
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.attach(stray, Tag::new("team", "delivery")); //~ error tree::foreign-handle at the app: tag
    app.attach(stray, Metadata::new("Owner", "delivery")); //~ error tree::foreign-handle at the app: metadata
    app.attach(tools, DependsOn::new(stray)); //~ error tree::foreign-handle at Tools: dependency
    check(app);
}
