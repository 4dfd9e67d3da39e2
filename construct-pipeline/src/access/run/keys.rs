//! Keys that the services which an action calls use in its name: whoever makes the call needs them, too.

use std::sync::Arc;

use super::call::{Call, Told};
use crate::access::template::{arn_parts, partition, ways_through};
use crate::access::world::{Action, World, full_key_name, is_of_aws};

/// The key of the topic through which an approval is announced.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
pub(crate) fn of_topic(action: &Action, world: &World) -> Option<Call<'static>> {
    let topic = action.get("NotificationArn").filter(|_| &*action.owner == "AWS" && action.provider() == "Manual")?;
    let named = world.guarded.get(topic)?.key.as_deref()?;
    let [_, _, region, ..] = arn_parts(topic)?;
    let context = ("kms:EncryptionContext:aws:sns:topicArn", topic);
    Some(through("sns", region, &["kms:Decrypt", "kms:GenerateDataKey"], named, Some(context), world))
}

/// The key of what an action puts into a bucket, or fetches from one: the key that the action names, or the one with which
/// the bucket encrypts what comes without saying how.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
pub(crate) fn of_bucket(action: &Action, world: &World) -> Option<Call<'static>> {
    let (name, given, actions): (_, _, &'static [_]) = match (&*action.owner, &*action.category, action.provider()) {
        ("AWS", "Source", "S3") => (action.get("S3Bucket")?, None, &["kms:Decrypt"]),
        ("AWS", "Deploy", "S3") => {
            (action.get("BucketName")?, action.get("KMSEncryptionKeyARN"), &["kms:GenerateDataKey"])
        }
        _ => return None,
    };
    let (bucket, region) = (world.buckets.get(name), action.region());
    let owner = world.bucket_account(name).unwrap_or(action.account());
    let base = format!("arn:{}:kms:{region}:{owner}", partition(region));
    let named = match given {
        Some(given) => given,
        None => bucket?.default_key.as_deref()?,
    };
    let named = full_key_name(named, &base);
    // What AWS manages lets in whoever may use the bucket, in its account.
    if is_of_aws(&named) {
        return None;
    }
    let whole = bucket.filter(|bucket| bucket.bucket_key == Some(true));
    let context = whole.map(|bucket| ("kms:EncryptionContext:aws:s3:arn", &*bucket.arn));
    Some(through("s3", region, actions, &named, context, world))
}

/// The key of a secret, which whoever reads it needs.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
pub(crate) fn of_secret(arn: &str, world: &World) -> Option<Call<'static>> {
    let [_, _, region, ..] = arn_parts(arn)?;
    Some(through("secretsmanager", region, &["kms:Decrypt"], world.keys_of.get(arn)?, None, world))
}

/// The key of a repository, which whoever reads it needs.
/// <https://docs.aws.amazon.com/codecommit/latest/userguide/encryption.html>
pub(crate) fn of_repository(source: &Action, world: &World) -> Option<Call<'static>> {
    if (&*source.owner, &*source.category, source.provider()) != ("AWS", "Source", "CodeCommit") {
        return None;
    }
    let key = world.keys_of.get(&source.arn("codecommit", source.get("RepositoryName")?))?;
    Some(through("codecommit", source.region(), &["kms:Decrypt"], key, None, world))
}

/// The use of a key through a service.
fn through(
    service: &str,
    region: &str,
    actions: &'static [&'static str],
    named: &str,
    context: Option<(&'static str, &str)>,
    world: &World,
) -> Call<'static> {
    let resource = world.key(named).map_or_else(|| named.into(), |key| Arc::clone(&key.arn));
    let by_service = ("kms:ViaService".into(), Told::Among(ways_through(service, region)));
    let context = context.map(|(key, value)| (key.into(), Told::One(value.to_owned().into())));
    let aliases = world.aliases_of(named).map(|aliases| ("kms:ResourceAliases".into(), Told::Many(aliases)));
    Call { actions, resource, facts: [Some(by_service), context, aliases], only_if: None }
}
