//! What makes a thing large: other accounts most of the time, and the roles of many pipelines in what these share.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Json, Members};

/// Means from here on may be rounded.
const ROUNDED_FROM: usize = 10;

/// So many roles a pipeline has in an account, for its actions and for what they deploy, or fewer.
const MOST_ROLES: usize = 4;

/// Of which there would have to be fewer for a size to be less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrivenBy {
    /// Other accounts.
    Accounts,
    /// Roles, where there are more than one pipeline has in each account: others are named beside it.
    Roles,
    /// The constructs of a stack, where several take about as much.
    Constructs,
}

/// So many constructs at least are told as a number.
const SOME: usize = 3;

/// What makes a thing large, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Driver {
    /// What it is there for.
    pub by: DrivenBy,
    /// How many of these are named; at least one.
    pub n: usize,
    /// What they take together, in the unit of the quota.
    pub driven: usize,
}

impl Driver {
    /// That so many other accounts take so much; `None` when there are none.
    #[must_use]
    pub const fn new(accounts: usize, driven: usize) -> Option<Self> {
        if accounts == 0 { None } else { Some(Self { by: DrivenBy::Accounts, n: accounts, driven }) }
    }

    /// How many there may be, all other things being equal.
    #[must_use]
    pub fn fits(self, size: usize, limit: usize) -> usize {
        let n_for = |part: usize| part * self.n;
        if size <= limit {
            self.n + n_for(limit - size) / self.driven.max(1)
        } else {
            self.n.saturating_sub(n_for(size - limit).div_ceil(self.driven.max(1)))
        }
    }

    /// What takes a size, in words, and how many fit: what a finding about it notes.
    #[must_use]
    pub fn words(self, size: usize, limit: usize, unit: &str) -> String {
        let fits = self.fits(size, limit);
        let Self { by, n, driven } = self;
        let rest = if size > limit { format!("{fits} fit") } else { format!("{} more fit", fits - n) };
        let one = match by {
            DrivenBy::Accounts => "other account",
            DrivenBy::Roles => "role",
            DrivenBy::Constructs => "construct",
        };
        match n {
            1 if driven == 1 => format!("1 {one} takes one; {rest}"),
            1 => format!("1 {one} takes {driven} {unit}; {rest}"),
            n if driven < n => format!("{n} {one}s share them; {rest}"),
            n if driven == n => format!("{n} {one}s take one each; {rest}"),
            // Of few things, a mean that is rounded would be far from what each has.
            n if driven % n != 0 && driven / n < ROUNDED_FROM => {
                format!("{n} {one}s take {driven} {unit} together; {rest}")
            }
            n => format!("{n} {one}s take about {} {unit} each; {rest}", (driven + n / 2) / n),
        }
    }
}

/// Who makes texts long.
pub(super) fn of_text(content: &[&Json<'_>], own: &str) -> Option<Driver> {
    let (mut accounts, mut roles) = (BTreeSet::new(), BTreeMap::new());
    let driven: usize = content.iter().map(|json| driven_by(json, own, &mut accounts)).sum();
    content.iter().for_each(|json| note_roles(json, &mut roles));
    if roles.len() > MOST_ROLES * (accounts.len() + 1) {
        return Some(Driver { by: DrivenBy::Roles, n: roles.len(), driven: roles.values().sum() });
    }
    Driver::new(accounts.len(), driven)
}

/// The roles that conditions name, each with the length of what is written of it there, as compact JSON.
fn note_roles(json: &Json<'_>, roles: &mut BTreeMap<String, usize>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| note_roles(item, roles)),
        Json::Object(entries) => {
            for (key, value) in entries.iter() {
                if key.eq_ignore_ascii_case("aws:PrincipalArn") {
                    for role in value.one_or_many() {
                        let role = role.to_string();
                        let length = role.len() + 1;
                        *roles.entry(role).or_default() += length;
                    }
                } else {
                    note_roles(value, roles);
                }
            }
        }
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Who makes a template long. One that names a single account is not there for accounts: it is the account of the
/// pipelines of which it holds the roles.
pub(super) fn of_template(template: &Json<'_>, own: &str, size: usize, limit: usize) -> Option<Driver> {
    let named = of_text(&[template], own).filter(|driver| driver.n > 1);
    of_most(named, size, limit, || of_constructs(&template["Resources"], |one| one.to_string().len()))
}

/// Who makes the resources of a template many.
pub(super) fn of_resources(resources: &Json<'_>, own: &str, size: usize, limit: usize) -> Option<Driver> {
    let things: Vec<&Json<'_>> = resources.as_object().into_iter().flat_map(Members::values).collect();
    of_most(of_count(&things, own), size, limit, || of_constructs(resources, |_| 1))
}

/// Those whom a template names, if most of it is theirs; otherwise its constructs. Of what would be too much without anybody
/// it is not said that nobody fits.
fn of_most(
    named: Option<Driver>,
    size: usize,
    limit: usize,
    constructs: impl FnOnce() -> Option<Driver>,
) -> Option<Driver> {
    match named {
        Some(driver) if driver.driven * 2 >= size => named,
        _ => constructs().or(named).filter(|driver| size <= limit + driver.driven),
    }
}

/// The constructs of a stack, if they are some, and none takes more than twice the mean.
fn of_constructs(resources: &Json<'_>, weigh: impl Fn(&Json<'_>) -> usize) -> Option<Driver> {
    let all = resources.as_object().into_iter().flat_map(Members::values);
    let paths: Vec<(Vec<&str>, usize)> =
        all.filter_map(|one| Some((path_of(one)?.split('/').collect(), weigh(one)))).collect();
    // What all paths begin with is the stack, and what it stands in.
    let (first, _) = paths.first()?;
    let common = |one: &[&str]| first.iter().zip(one).take_while(|(left, right)| left == right).count();
    let above = paths.iter().map(|(path, _)| common(path)).min()?;
    let mut constructs: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, size) in &paths {
        *constructs.entry(path.get(above)?).or_default() += size;
    }
    let (n, driven) = (constructs.len(), constructs.values().sum());
    let is_even = constructs.values().all(|size| size * n <= driven * 2);
    (n >= SOME && is_even).then_some(Driver { by: DrivenBy::Constructs, n, driven })
}

fn path_of<'j>(resource: &'j Json<'j>) -> Option<&'j str> {
    resource["Metadata"]["aws:cdk:path"].as_str()
}

/// Who makes a number large: those for each of whom there are things of their own. What names one account everywhere,
/// such as the account of a pipeline in the stack of its roles, is not there for accounts.
pub(super) fn of_count(things: &[&Json<'_>], own: &str) -> Option<Driver> {
    let (mut accounts, mut driven) = (BTreeSet::new(), 0);
    for thing in things {
        let mut here = accounts_of(thing, own);
        if here.len() == 1 {
            accounts.append(&mut here);
            driven += 1;
        }
    }
    if accounts.len() < 2 { None } else { Driver::new(accounts.len(), driven) }
}

/// Who makes a number large of things that are filled one after the other.
pub(super) fn of_filled(things: &[&Json<'_>], own: &str) -> Option<Driver> {
    let (mut accounts, mut driven) = (BTreeSet::new(), 0);
    for thing in things {
        let mut here = accounts_of(thing, own);
        driven += usize::from(!here.is_empty());
        accounts.append(&mut here);
    }
    Driver::new(accounts.len(), driven)
}

/// The length of the items of lists, as compact JSON, that are there for one other account each.
fn driven_by<'j>(json: &'j Json<'j>, own: &str, accounts: &mut BTreeSet<&'j str>) -> usize {
    match json {
        Json::Array(items) => items.iter().map(|item| driven_by_item(item, own, accounts)).sum(),
        Json::Object(entries) => entries.values().map(|value| driven_by(value, own, accounts)).sum(),
        Json::String(_) => driven_by_item(json, own, accounts),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

fn driven_by_item<'j>(item: &'j Json<'j>, own: &str, accounts: &mut BTreeSet<&'j str>) -> usize {
    let mut here = accounts_of(item, own);
    match (here.len(), item) {
        (0, _) => 0,
        (2.., Json::Array(_) | Json::Object(_)) => driven_by(item, own, accounts),
        _ => {
            accounts.append(&mut here);
            item.to_string().len() + 1
        }
    }
}

/// The other accounts that a thing is there for.
pub(super) fn accounts_of<'j>(thing: &'j Json<'j>, own: &str) -> BTreeSet<&'j str> {
    let mut accounts = BTreeSet::new();
    mentioned(thing, own, &mut accounts);
    accounts
}

/// The accounts that are named anywhere in a value, other than its own.
fn mentioned<'j>(json: &'j Json<'j>, own: &str, accounts: &mut BTreeSet<&'j str>) {
    match json {
        Json::String(text) => accounts.extend(account_ids(text).filter(|account| *account != own)),
        Json::Array(items) => items.iter().for_each(|item| mentioned(item, own, accounts)),
        Json::Object(entries) => {
            for (key, value) in entries.iter() {
                // A path may have the name of a scaffold stack in it, and that an account; it is there for the resource.
                if key != "Metadata" {
                    mentioned(value, own, accounts);
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The runs of exactly 12 digits in a text.
fn account_ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_account_takes_the_entries_that_name_it_alone() {
        let policy = Json::from(json!({ "Statement": [{
            "Principal": { "AWS": ["arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root"] },
            "Resource": "arn:aws:s3:::orders-111111111111/*",
        }]}));
        let driver = of_text(&[&policy], "111111111111").unwrap();
        assert_eq!(
            driver,
            Driver { by: DrivenBy::Accounts, n: 2, driven: 2 * "\"arn:aws:iam::222222222222:root\",".len() }
        );
        assert_eq!(of_text(&[&json!(["1234567890123", "x222222222222"]).into()], "111111111111"), None);
        assert_eq!(of_template(&policy, "111111111111", 100, 90), Some(driver));
        let of_roles = Json::from(json!([{ "AWS": "arn:aws:iam::111111111111:root" }]));
        assert_eq!(of_template(&of_roles, "222222222222", 100, 90), None);
    }

    #[test]
    fn roles_of_many_pipelines_are_told_as_such() {
        let policy = |n: usize| {
            let roles: Vec<String> = (0..n).map(|n| format!("arn:aws:iam::222222222222:role/{n:02}")).collect();
            let statement = |what: &str| {
                json!({
                    "Principal": { "AWS": "arn:aws:iam::222222222222:root" },
                    "Action": what,
                    "Condition": { "ArnEquals": { "aws:PrincipalArn": roles } },
                })
            };
            Json::from(json!([statement("kms:Decrypt"), statement("kms:DescribeKey")]))
        };
        let few = of_text(&[&policy(8)], "111111111111").unwrap();
        assert_eq!((few.by, few.n), (DrivenBy::Accounts, 1));
        let many = of_text(&[&policy(10)], "111111111111").unwrap();
        let each = 2 * "\"arn:aws:iam::222222222222:role/00\",".len();
        assert_eq!(many, Driver { by: DrivenBy::Roles, n: 10, driven: 10 * each });
        assert_eq!(many.words(1_000, 925, "bytes"), "10 roles take about 72 bytes each; 8 fit");
    }

    #[test]
    fn things_are_there_for_the_one_account_that_they_name() {
        let things =
            ["arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root", "arn:aws:iam::111111111111:root"];
        let [two, three, own] = things.map(|arn| Json::from(json!({ "RoleArn": arn })));
        let both = Json::from(json!([things[0], things[1]]));
        let account = "111111111111";
        assert_eq!(of_count(&[&two, &two, &three, &own, &both], account), Driver::new(2, 3));
        assert_eq!(of_count(&[&two, &two, &own, &both], account), None);
        assert_eq!(of_filled(&[&both, &two, &own], account), Driver::new(2, 2));
    }

    #[test]
    fn constructs_are_told_where_nobody_else_takes_most_of_a_template() {
        let resource =
            |path: &str, of: &str| json!({ "Metadata": { "aws:cdk:path": format!("App/T/{path}") }, "Principal": of });
        let template = |resources: &[serde_json::Value]| {
            let numbered = resources.iter().enumerate().map(|(n, one)| (format!("R{n}"), one.clone()));
            Json::from(json!({ "Resources": numbered.collect::<serde_json::Map<_, _>>() }))
        };
        let nobody: Vec<_> = (0..8).map(|n| resource(&format!("P{}/R{n}", n / 2), "")).collect();
        let of = |template: &Json<'_>| of_resources(&template["Resources"], "111111111111", 8, 6);
        let constructs = Driver { by: DrivenBy::Constructs, n: 4, driven: 8 };
        assert_eq!(of(&template(&nobody)), Some(constructs));
        assert_eq!(constructs.words(8, 6, "resources"), "4 constructs take about 2 resources each; 3 fit");
        let long = of_template(&template(&nobody), "111111111111", 1_000, 950).unwrap();
        assert_eq!((long.by, long.n), (DrivenBy::Constructs, 4));
        // Of two it is plain, and of one that is larger than all others, too.
        assert_eq!(of(&template(&nobody[..4])), None);
        let uneven: Vec<_> = (0..8).map(|n| resource(&format!("P{}/R{n}", usize::from(n > 4) * n), "")).collect();
        assert_eq!(of(&template(&uneven)), None);
        let accounts: Vec<_> =
            (0..8).map(|n| resource(&format!("P{n}"), &format!("arn:aws:iam::22222222222{}:root", n / 2))).collect();
        assert_eq!(of(&template(&accounts)), Driver::new(4, 8));
        // What is too long without those it names is not theirs.
        let mut few = nobody[..4].to_vec();
        few.extend([2, 3].map(|n| resource("P0", &format!("arn:aws:iam::22222222222{n}:root"))));
        let few = template(&few);
        let of_few = |limit| of_resources(&few["Resources"], "111111111111", 6, limit);
        assert_eq!((of_few(4), of_few(3)), (Driver::new(2, 2), None));
    }

    #[test]
    fn what_fits_is_counted_from_both_sides() {
        let driver = Driver::new(10, 100).unwrap();
        assert_eq!(driver.fits(100, 100), 10);
        assert_eq!(driver.fits(81, 100), 11);
        assert_eq!(driver.fits(101, 100), 9);
        assert_eq!(driver.words(120, 100, "bytes"), "10 other accounts take about 10 bytes each; 8 fit");
        assert_eq!(driver.words(80, 100, "bytes"), "10 other accounts take about 10 bytes each; 2 more fit");
        let single = Driver::new(70, 70).unwrap();
        assert_eq!(single.words(70, 50, "actions"), "70 other accounts take one each; 50 fit");
        let uneven = Driver::new(40, 55).unwrap();
        assert_eq!(uneven.words(55, 50, "actions"), "40 other accounts take 55 actions together; 36 fit");
        let even = Driver::new(40, 80).unwrap();
        assert_eq!(even.words(80, 100, "actions"), "40 other accounts take about 2 actions each; 10 more fit");
        let long = Driver::new(10, 334).unwrap();
        assert_eq!(long.words(334, 1_000, "bytes"), "10 other accounts take about 33 bytes each; 19 more fit");
        let alone = Driver::new(1, 3).unwrap();
        assert_eq!(alone.words(3, 2, "actions"), "1 other account takes 3 actions; 0 fit");
        let shared = Driver::new(900, 12).unwrap();
        assert_eq!(shared.words(12, 10, "policies"), "900 other accounts share them; 750 fit");
    }
}
