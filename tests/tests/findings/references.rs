//! Values and references: what CloudFormation would refuse, and cycles.

use construct_core::{Condition, Parameter};

use super::*;

fn queue() -> RawResource {
    RawResource::new("AWS::SQS::Queue")
}

#[test]
fn reference_across_accounts_to_something_without_a_name() {
    let mut app = App::new();
    let data = app.stack("Data", Env::new("333333333333", "us-east-1"));
    let queue = app.at(data).add("Queue", queue());
    let tools = app.stack("Tools", HOME);
    let user = RawResource::new("AWS::SSM::Parameter").property("Value", queue.get_att("Arn"));
    app.at(tools).add("User", user); //~ error reference::no-physical-name at Tools/User: `Data/Queue`
    check(app);
}

#[test]
fn reference_across_regions_to_something_without_a_name() {
    let mut app = App::new();
    let data = app.stack("Data", Env::new("111111111111", "eu-west-1"));
    let bucket = app.at(data).add("Bucket", Bucket::new());
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Output", Output::new(bucket.name())); //~ error reference::no-physical-name at Tools/Output: `Data/Bucket`
    app.at(tools).add("Queue", queue());
    check(app);
}

#[test]
fn policy_of_a_role_that_is_wrong_itself_about_something_without_a_name() {
    let mut app = App::new();
    let data = app.stack("Data", Env::new("333333333333", "us-east-1"));
    let bucket = app.at(data).add("Bucket", Bucket::new());
    let tools = app.stack("Tools", HOME);
    let role = Role::new(Principal::service("lambda.amazonaws.com")).role_name("a role");
    let role = app.at(tools).add("Role", role); //~ error iam::malformed-role-name at Tools/Role: `a role`
    app.attach(role, PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()]));
    check(app);
}

#[test]
fn policy_across_accounts_about_something_without_a_name() {
    let mut app = App::new();
    let data = app.stack("Data", Env::new("333333333333", "us-east-1"));
    let bucket = app.at(data).add("Bucket", Bucket::new());
    let tools = app.stack("Tools", HOME);
    let role = app.at(tools).add("Role", Role::new(Principal::service("lambda.amazonaws.com"))); //~ error reference::no-physical-name at Tools/Role: `Data/Bucket`
    app.attach(role, PolicyStatement::allow(["s3:GetObject"]).on([bucket.objects()]));
    check(app);
}

#[test]
fn reference_to_a_group() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let group = scope.group("Group").here();
    let value = Value::<kind::Text>::attr(group, Attr::Ref);
    scope.add("Queue", queue().property("QueueName", value)); //~ error reference::nothing-there at Tools/Queue: `Tools/Group`
    check(app);
}

#[test]
fn two_stacks_that_need_each_other() {
    let mut app = App::new();
    let one = app.stack("One", HOME); //~ error stack::cycle at One: `One`, `Two`
    let two = app.stack("Two", HOME);
    let first = app.at(one).add("First", queue());
    let second = app.at(two).add("Second", queue().property("Other", first.reference()));
    app.at(one).add("Third", queue().property("Other", second.reference()));
    check(app);
}

#[test]
fn three_stacks_that_wait_for_each_other() {
    let mut app = App::new();
    let stacks = ["One", "Two", "Three"].map(|id| {
        app.stack(id, HOME) //~ error stack::cycle at One: `One`, `Two`, `Three`
    });
    for (at, stack) in stacks.into_iter().enumerate() {
        app.at(stack).add("Queue", queue());
        app.attach(stack, DependsOn::new(stacks[(at + 1) % 3]));
    }
    check(app);
}

#[test]
fn of_many_stacks_that_wait_for_each_other_a_shortest_circle_is_told() {
    let mut app = App::new();
    let stacks: Vec<_> = (0..30)
        .map(|n| {
            app.stack(format!("Stack{n}"), HOME) //~ error stack::cycle at Stack7: the stacks `Stack7`, `Stack8` need
        })
        .collect();
    for (n, stack) in stacks.iter().enumerate() {
        app.at(*stack).add("Queue", queue());
        app.attach(*stack, DependsOn::new(stacks[(n + 1) % stacks.len()]));
    }
    app.attach(stacks[8], DependsOn::new(stacks[7]));
    check(app);
}

#[test]
fn two_resources_that_need_each_other() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let first = app.at(tools).add("First", queue()); //~ error resource::cycle at Tools/First: `Tools/Second`
    let second = app.at(tools).add("Second", queue().property("Other", first.reference()));
    app.attach(first, DependsOn::new(second));
    check(app);
}

#[test]
fn construct_that_waits_for_the_group_it_stands_in() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    let mut group = scope.group("Group");
    let here = group.here();
    let first = group.add("First", queue()); //~ error resource::cycle at Tools/Group/First: `Tools/Group/Second`
    let second = group.add("Second", queue());
    scope.attach(first, DependsOn::new(here));
    scope.attach(second, DependsOn::new(first));
    check(app);
}

#[test]
fn property_that_is_null() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue().property("QueueName", serde_json::Value::Null)); //~ error value::null at Tools/Queue: `null`
    check(app);
}

#[test]
fn null_deep_in_a_tree_of_properties() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let json = serde_json::json!({ "Redrive": { "Targets": ["a", null] } });
    app.at(tools).add("Queue", queue().property("Policy", json)); //~ error value::null at Tools/Queue: `Policy.Redrive.Targets.1`
    check(app);
}

/// One expression in another, so many times that going through them takes more stack than there is.
fn deep() -> Expr {
    (0..200_000).fold("core".into(), |inner, _| Expr::list([inner]))
}

#[test]
fn values_that_are_nested_too_deep() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue().property("Policy", [deep()])); //~ error value::too-deep at Tools/Queue: the property `Policy` has values nested more than 100 levels deep
    check(app);
}

#[test]
fn conditions_of_a_policy_that_are_nested_too_deep() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let statement = PolicyStatement::allow(["sqs:*"]).on(["*"]).condition("StringEquals", "aws:RequestTag/a", [deep()]);
    app.at(tools).add("Role", Role::new(Principal::service("events.amazonaws.com")).allow(statement)); //~ error value::too-deep at Tools/Role: StringEquals
    check(app);
}

#[test]
fn number_that_json_cannot_hold() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue().property("Weight", f64::NAN)); //~ error value::not-a-number at Tools/Queue: `NaN`
    check(app);
}

#[test]
fn parameter_of_parameter_store_with_a_space() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let name: Value<kind::Text> = SsmParameter::new("/delivery/queue name").into();
    app.at(tools).add("Queue", queue().property("QueueName", name)); //~ error value::malformed-dynamic-reference at Tools/Queue: queue name
    check(app);
}

#[test]
fn dynamic_reference_that_is_not_closed() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue().property("QueueName", "{{resolve:ssm:/delivery/queue")); //~ error value::malformed-dynamic-reference at Tools/Queue: /delivery/queue
    check(app);
}

#[test]
fn dynamic_reference_to_an_unknown_service() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    app.at(tools).add("Queue", queue().property("QueueName", "{{resolve:vault:queue}}")); //~ error value::malformed-dynamic-reference at Tools/Queue: `vault`
    check(app);
}

#[test]
fn secret_without_a_name() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let token: Value<kind::Text> = Secret::new("").json_key("token").into();
    app.at(tools).add("Queue", queue().property("Token", token)); //~ error value::malformed-dynamic-reference at Tools/Queue: secretsmanager
    check(app);
}

#[test]
fn secret_with_both_a_label_and_a_version() {
    let mut app = App::new();
    let tools = app.stack("Tools", HOME);
    let token: Value<kind::Text> = Secret::new("git").version_stage("AWSCURRENT").version_id("1").into();
    app.at(tools).add("Queue", queue().property("Token", token)); //~ error value::malformed-dynamic-reference at Tools/Queue: AWSCURRENT
    check(app);
}

#[test]
fn condition_of_another_stack() {
    let mut app = App::new();
    let data = app.stack("Data", HOME);
    let mut scope = app.at(data);
    scope.add("Queue", queue());
    let stage = scope.add("Stage", Parameter::new("String"));
    let condition =
        scope.add("IsTest", Condition::new(Expr::call("Fn::Equals", [Expr::from(stage.value()), "test".into()])));
    let tools = app.stack("Tools", HOME);
    let mut scope = app.at(tools);
    scope.add("Queue", queue().condition(condition)); //~ error reference::condition-elsewhere at Tools/Queue: `Data/IsTest`
    scope.add("Output", Output::new("x").condition(condition)); //~ error reference::condition-elsewhere at Tools/Output: `Data/IsTest`
    check(app);
}

#[test]
fn parameter_of_another_stack() {
    let mut app = App::new();
    let data = app.stack("Data", HOME);
    app.at(data).add("Queue", queue());
    let stage = app.at(data).add("Stage", Parameter::new("String"));
    let tools = app.stack("Tools", Env::new("222222222222", "us-east-1"));
    app.at(tools).add("Queue", queue().property("QueueName", stage.value())); //~ error reference::no-physical-name at Tools/Queue: `Data/Stage`
    check(app);
}

#[test]
fn dynamic_reference_in_the_template_of_another_account() {
    let mut app = App::new();
    let data = app.stack("Data", HOME);
    let topic = Topic::import(SsmParameter::new("/orders/topic"));
    let topic = app.at(data).add("Topic", topic);
    let same = RawResource::new("AWS::SSM::Parameter").property("Value", topic.arn());
    app.at(data).add("Same", same);
    let tools = app.stack("Tools", Env::new("222222222222", "us-east-1"));
    let user = RawResource::new("AWS::SSM::Parameter").property("Value", topic.arn());
    app.at(tools).add("User", user); //~ error reference::dynamic-elsewhere at Tools/User: `Data/Topic`
    check(app);
}

#[test]
fn two_exports_of_one_name() {
    let mut app = App::new();
    let [tools, other] = ["Tools", "Other"].map(|name| app.stack(name, HOME));
    let far = app.stack("Far", Env::new("111111111111", "eu-west-1"));
    let export = || Output::new("value").export_name("orders-queue");
    let is_there = app.at(other).add("Is", Condition::new(Expr::call("Fn::Equals", Expr::list(["a", "b"]))));
    app.at(tools).add("Queue", export());
    app.at(other).add("Perhaps", export().condition(is_there));
    app.at(far).add("Queue", export());
    app.at(other).add("Queue", export()); //~ error resource::duplicate-name at Other/Queue: two exports in 111111111111/us-east-1 are named `orders-queue`
    for stack in [tools, other, far] {
        app.at(stack).add("Topic", RawResource::new("AWS::SNS::Topic"));
    }
    check(app);
}
