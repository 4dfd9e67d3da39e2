//! The contract as JSON.

use serde_json::{Value as Json, json};

use super::{Contract, RequiredKind, RequiredPolicy, Setting, Thing};

const VERSION: u64 = 1;

pub(super) fn write(contract: &Contract) -> Json {
    let accounts = contract.owners().map(|(account, things)| {
        json!({ "account": account, "imports": things.iter().map(write_thing).collect::<Vec<_>>() })
    });
    json!({ "version": VERSION, "accounts": accounts.collect::<Vec<_>>(), "notes": contract.notes })
}

fn write_thing(thing: &Thing) -> Json {
    let policies = thing
        .policies
        .iter()
        .map(|policy| json!({ "kind": policy.kind.as_str(), "why": policy.why, "document": policy.document }));
    let settings = thing.settings.iter();
    let settings = settings.map(|one| json!({ "name": one.name, "value": one.value, "why": one.why }));
    json!({
        "kind": thing.kind,
        "arn": thing.arn,
        "policies": policies.collect::<Vec<_>>(),
        "managedPolicies": thing.managed_policies,
        "settings": settings.collect::<Vec<_>>(),
    })
}

pub(super) fn read(text: &str) -> Result<Contract, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if json["version"] != VERSION {
        return Err(format!("its version is {}, and this release reads {VERSION}", json["version"]));
    }
    let mut things = Vec::new();
    for owner in list(&json, "accounts")? {
        let account = text_of(owner, "account")?;
        for thing in list(owner, "imports")? {
            things.push(read_thing(&account, thing)?);
        }
    }
    Ok(Contract { things, notes: texts(&json, "notes")? })
}

fn read_thing(account: &str, json: &Json) -> Result<Thing, String> {
    let policy = |json: &Json| {
        let word = text_of(json, "kind")?;
        let kind = RequiredKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        let kind = kind.ok_or_else(|| format!("`{word}` is no kind of policy"))?;
        Ok(RequiredPolicy { kind, document: json["document"].clone(), why: texts(json, "why")? })
    };
    let setting = |json: &Json| Ok(Setting::new(text_of(json, "name")?, json["value"].clone(), text_of(json, "why")?));
    Ok(Thing {
        account: account.to_owned(),
        kind: text_of(json, "kind")?,
        arn: text_of(json, "arn")?,
        policies: list(json, "policies")?.iter().map(policy).collect::<Result<_, String>>()?,
        managed_policies: texts(json, "managedPolicies")?,
        settings: list(json, "settings")?.iter().map(setting).collect::<Result<_, String>>()?,
    })
}

fn list<'j>(json: &'j Json, key: &str) -> Result<&'j Vec<Json>, String> {
    json[key].as_array().ok_or_else(|| format!("`{key}` is no list"))
}

fn text_of(json: &Json, key: &str) -> Result<String, String> {
    json[key].as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is no text"))
}

fn texts(json: &Json, key: &str) -> Result<Vec<String>, String> {
    let text = |one: &Json| one.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` holds what is no text"));
    list(json, key)?.iter().map(text).collect()
}
