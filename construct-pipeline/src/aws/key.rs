//! Keys and their aliases.

use construct_core::{
    Attr, CfnResource, Claim, Diagnostic, Env, Expr, Fact, Gauge, Lower, LowerCx, PlanCx, Properties, Reach,
    RemovalPolicy, Resource, Resources, Scope, Synth, Tagging, Uniqueness, ValidateCx, Value, kind,
};
use construct_iam::{Arn, ArnKind, Imported, PolicyStatement, Principal, quota};

pub use construct_iam::key_administration;

use super::StatementForm;
use super::attached::report_malformed;

construct_core::handle! {
    /// A key, owned or imported.
    pub struct KeyRef {
        /// The key's ARN, which KMS assigns.
        arn: Arn = GetAtt("Arn"),
        /// The key's id, which KMS assigns. Another account would look it up among its own keys.
        key_id: Text = Ref,
    }

    /// An alias of a key.
    pub struct AliasRef {
        /// The alias, `alias/` included.
        name: Name = Ref,
    }
}

/// What the users of a symmetric key do with it.
pub(crate) const USE: [&str; 4] = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// A symmetric customer-managed key, rotated every year and retained by default.
///
/// Its policy lets the account administer it, and use it as far as the account's own policies say. Statements attached to
/// its handle are added, with `*` as their resource, which in a key policy is the key itself.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-key.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Key {
    description: Option<String>,
    rotation: bool,
    pending_window_days: Option<u8>,
    administrators: Vec<Value<kind::Arn>>,
    only_through: Option<&'static str>,
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

impl Key {
    /// A symmetric key.
    pub fn new() -> Self {
        Self {
            description: None,
            rotation: true,
            pending_window_days: None,
            administrators: Vec::new(),
            only_through: None,
        }
    }

    /// A key that exists already, by its key ARN: it is referred to and never written to.
    #[doc(alias = "fromKeyArn")]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedKey {
        ImportedKey::new(arn)
    }

    /// What the key is for, at most 8,192 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Whether KMS replaces the key material every year.
    pub fn rotation(mut self, rotation: bool) -> Self {
        self.rotation = rotation;
        self
    }

    /// How many days pass between deleting the key and losing it, 7 to 30; 30 when absent.
    pub fn pending_window_days(mut self, days: u8) -> Self {
        self.pending_window_days = Some(days);
        self
    }

    /// Limits administration to these principals. Whoever deploys the key must be among them: KMS refuses a policy that
    /// would lock its author out.
    pub fn administrators<A: Into<Value<kind::Arn>>>(mut self, arns: impl IntoIterator<Item = A>) -> Self {
        self.administrators.extend(arns.into_iter().map(Into::into));
        self
    }

    /// Lets the account use the key only through a service, such as `s3`.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
    pub fn only_through(mut self, service: &'static str) -> Self {
        self.only_through = Some(service);
        self
    }

    fn own_statements(&self, env: Env) -> Vec<PolicyStatement> {
        let root = || Principal::account(env);
        let mut statements = Vec::new();
        let administration = key_administration(env);
        if self.administrators.is_empty() {
            statements.push(administration);
        } else {
            let administrators = self.administrators.clone();
            statements.push(administration.condition("ArnEquals", "aws:PrincipalArn", administrators));
            let describe = PolicyStatement::allow(["kms:DescribeKey"]).sid("DescribeInAccount");
            statements.push(describe.principal(root()));
        }
        let mut usage = PolicyStatement::allow(USE).sid("UseInAccount").principal(root());
        if let Some(service) = self.only_through {
            usage = usage.condition("StringEquals", "kms:ViaService", via_service(service, env));
        }
        statements.push(usage);
        statements
    }
}

/// The values that `kms:ViaService` may have for a service in a region.
///
/// AWS documents `service.region.amazonaws.com`. Whether other partitions put a domain of their own in its place is not
/// documented, so there both are meant; no service has the one that is wrong.
#[must_use]
pub fn via_service(service: &str, env: Env) -> Vec<String> {
    let of = |suffix| [service, ".", env.region.as_str(), ".", suffix].concat();
    match env.partition().url_suffix() {
        "amazonaws.com" => vec![of("amazonaws.com")],
        suffix => vec![of("amazonaws.com"), of(suffix)],
    }
}

impl Synth for Key {
    type Handle = KeyRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(days) = self.pending_window_days
            && !(7..=30).contains(&days)
        {
            cx.report(
                Diagnostic::error("kms::pending-window", format!("a key cannot be pending deletion for {days} days"))
                    .help("use 7 to 30 days"),
            );
        }
        self.administrators.iter().filter_map(administrator_problem).for_each(|problem| cx.report(problem));
        report_malformed(cx, "kms::malformed-statement", "the key has a statement that KMS refuses", false);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        cx.gauge(crate::quota::GAUGE);
        Box::new(self.clone())
    }
}

/// Whether a role or user can have this ARN, or some of them, as in `role/admin-*`. A key that nobody can administer is refused,
/// or lost.
fn is_administrator(arn: &Arn) -> bool {
    let is_named =
        ["role/", "user/"].iter().any(|kind| arn.resource().starts_with(kind)) && !arn.resource().ends_with('/');
    arn.service() == "iam" && (is_named || arn.resource() == "root")
}

/// What is wrong with who administers a key.
pub(crate) fn administrator_problem(administrator: &Value<kind::Arn>) -> Option<Diagnostic> {
    let text = administrator.literal().filter(|text| !Arn::parse(text).is_ok_and(|arn| is_administrator(&arn)))?;
    let found = Diagnostic::error("kms::malformed-administrator", format!("`{text}` is no ARN of a role or user"));
    Some(found.help("write it as `arn:aws:iam::111111111111:role/key-administrator`"))
}

impl Lower for Key {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let own = self.own_statements(cx.env()).into_iter();
        let plain =
            own.chain(cx.facts_as_attached::<PolicyStatement>(cx.here()).cloned()).map(PolicyStatement::on_itself);
        let mut policy = StatementForm::choose(plain, cx.facts::<StatementForm>(), cx, &quota::KEY_POLICY);
        if policy.is_long(cx, &quota::KEY_POLICY) {
            policy = policy.shortened(cx, &quota::KEY_POLICY, |policy| policy);
        }
        let policy = StatementForm::in_order(policy, cx.here(), cx);
        let properties = Properties::new()
            .opt("Description", self.description.clone())
            .set("EnableKeyRotation", self.rotation)
            .opt("PendingWindowInDays", self.pending_window_days)
            .set("KeyPolicy", policy);
        out.add(
            CfnResource::new("AWS::KMS::Key", properties).tagging(Tagging::List).removal(Some(RemovalPolicy::Retain)),
        );
    }
}

/// That an alias leads to a key: where the key itself has no name, it is told by that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyAlias(pub(crate) String);

impl Fact for KeyAlias {
    const NAME: &'static str = "alias of a key";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// The customer-managed key with which a bucket or repository of the app encrypts what comes without saying how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DefaultKey(pub(crate) Value<kind::Arn>);

impl Fact for DefaultKey {
    const NAME: &'static str = "default key";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// A name for a key, which stays when the key is replaced. It is retained by default, like the key.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kms-alias.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct Alias {
    name: String,
    key: KeyRef,
}

impl Alias {
    /// An alias: `alias/` and 1 to 250 characters `a-zA-Z0-9:/_-`, not beginning with `alias/aws/`.
    pub fn new(name: impl Into<String>, key: KeyRef) -> Self {
        Self { name: name.into(), key }
    }
}

impl Resource for Alias {
    type Handle = AliasRef;
    const TYPE: &'static str = "AWS::KMS::Alias";
    const GAUGE: Option<(&'static str, Gauge)> = Some(crate::quota::GAUGE);

    fn properties(&self, _: &LowerCx<'_>) -> Properties {
        Properties::new().set("AliasName", self.name.clone()).set("TargetKeyId", self.key.arn())
    }

    fn announce(&self, scope: &mut Scope<'_>) {
        if scope.view().owns(self.key) {
            scope.attach(self.key, KeyAlias(self.name.clone()));
        }
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let rest = self.name.strip_prefix("alias/").unwrap_or_default();
        let shape = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte));
        if rest.is_empty() || self.name.len() > 256 || !shape || rest.starts_with("aws/") {
            cx.report(
                Diagnostic::error("kms::malformed-alias", format!("`{}` is no alias of a key", self.name.escape_debug()))
                    .help("write it as `alias/name` with letters, digits and `:/_-`, at most 256 characters, and not below `alias/aws/`"),
            );
        }
    }

    fn removal_policy(&self) -> Option<RemovalPolicy> {
        Some(RemovalPolicy::Retain)
    }

    fn physical(&self, attr: &Attr, _: Env) -> Option<Expr> {
        (*attr == Attr::Ref).then(|| self.name.clone().into())
    }

    fn claim(&self) -> Option<Claim> {
        Some(Claim::new(Uniqueness::Environment, &self.name))
    }
}

/// The ARNs of keys; not those of aliases.
#[derive(Clone, Copy, Debug)]
pub enum KeyArn {}

impl ArnKind for KeyArn {
    type Handle = KeyRef;
    const WHAT: &'static str = "a key";
    const CODE: &'static str = "kms::malformed-key-arn";
    const EXAMPLE: &'static str = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn name(arn: &Arn) -> Option<&str> {
        // A key id or an alias would be looked up in the account of whoever uses it.
        arn.resource().strip_prefix("key/").filter(|_| arn.service() == "kms" && arn.is_regional())
    }
}

/// The ARNs of aliases.
#[derive(Clone, Copy, Debug)]
pub enum AliasArn {}

impl ArnKind for AliasArn {
    type Handle = AliasRef;
    const WHAT: &'static str = "an alias of a key";
    const CODE: &'static str = "kms::malformed-alias-arn";
    const EXAMPLE: &'static str = "arn:aws:kms:us-east-1:111111111111:alias/name";

    fn name(arn: &Arn) -> Option<&str> {
        let is_alias = arn.service() == "kms" && arn.is_regional() && arn.resource().starts_with("alias/");
        is_alias.then(|| arn.resource())
    }

    fn attribute(attr: &Attr, _: &Value<kind::Arn>, name: Option<&str>, _: Env) -> Option<Expr> {
        (*attr == Attr::Ref).then(|| name.map(|name| name.to_owned().into())).flatten()
    }
}

/// The ARNs of aliases, in place of those of the keys behind them.
#[derive(Clone, Copy, Debug)]
pub enum AliasedKeyArn {}

impl ArnKind for AliasedKeyArn {
    type Handle = KeyRef;
    const WHAT: &'static str = AliasArn::WHAT;
    const CODE: &'static str = AliasArn::CODE;
    const EXAMPLE: &'static str = AliasArn::EXAMPLE;

    fn name(arn: &Arn) -> Option<&str> {
        AliasArn::name(arn)
    }

    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, _: Option<&str>, _: Env) -> Option<Expr> {
        (*attr == Attr::get_att("Arn")).then(|| arn.into())
    }
}

/// A key that exists already.
pub type ImportedKey = Imported<KeyArn>;

#[cfg(test)]
mod tests {
    use construct_iam::Arn;

    use super::*;

    #[test]
    fn an_alias_is_known_by_the_arn_of_an_alias_alone() {
        let named = |arn: &str| Arn::parse(arn).ok().and_then(|arn| AliasArn::name(&arn).map(str::to_owned));
        assert_eq!(named("arn:aws:kms:us-east-1:111111111111:alias/store").as_deref(), Some("alias/store"));
        for other in
            ["kms:us-east-1:111111111111:key/store", "sqs:us-east-1:111111111111:alias/store", "kms:::alias/store"]
        {
            assert_eq!(named(&format!("arn:aws:{other}")), None, "{other}");
        }
    }
}
