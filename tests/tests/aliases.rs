//! Whoever knows the AWS CDK finds its names: the search of the documentation knows them, and for types the compiler does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItemFn, ItemEnum, ItemStruct, ItemTrait, LitStr, TraitItemFn};

/// The actions of `aws-cdk-lib/aws-codepipeline-actions`, 2.276.0, and what stands for each.
const ACTIONS: [(&str, &str); 29] = [
    ("AlexaSkillDeployAction", "CustomAction"),
    ("CloudFormationCreateReplaceChangeSetAction", "CreateChangeSet"),
    ("CloudFormationCreateUpdateStackAction", "DeployStack"),
    ("CloudFormationDeleteStackAction", "DeleteStack"),
    ("CloudFormationDeployStackInstancesAction", "DeployStackInstances"),
    ("CloudFormationDeployStackSetAction", "DeployStackSet"),
    ("CloudFormationExecuteChangeSetAction", "ExecuteChangeSet"),
    ("CodeBuildAction", "CodeBuild"),
    ("CodeCommitSourceAction", "CodeCommitSource"),
    ("CodeDeployEcsDeployAction", "CodeDeployEcsDeploy"),
    ("CodeDeployServerDeployAction", "CodeDeployServerDeploy"),
    ("CodeStarConnectionsSourceAction", "ConnectionSource"),
    ("CommandsAction", "Commands"),
    ("Ec2DeployAction", "Ec2Deploy"),
    ("EcrBuildAndPublishAction", "EcrBuildAndPublish"),
    ("EcrSourceAction", "EcrSource"),
    ("EcsDeployAction", "EcsDeploy"),
    ("ElasticBeanstalkDeployAction", "ElasticBeanstalkDeploy"),
    ("GitHubSourceAction", "CustomAction"),
    ("InspectorEcrImageScanAction", "InspectorScan"),
    ("InspectorSourceCodeScanAction", "InspectorScan"),
    ("JenkinsAction", "CustomAction"),
    ("LambdaInvokeAction", "LambdaInvoke"),
    ("ManualApprovalAction", "ManualApproval"),
    ("PipelineInvokeAction", "PipelineInvoke"),
    ("S3DeployAction", "S3Deploy"),
    ("S3SourceAction", "S3Source"),
    ("ServiceCatalogDeployActionBeta1", "ServiceCatalogDeploy"),
    ("StepFunctionInvokeAction", "StepFunctionsInvoke"),
];

/// Other names that programs of the CDK begin with.
const OTHERS: [(&str, &str); 17] = [
    ("Annotations", "Diagnostic"),
    ("Aspects", "Fact"),
    ("CfnOutput", "Output"),
    ("CfnParameter", "Parameter"),
    ("CfnResource", "RawResource"),
    ("IAction", "Provider"),
    ("SecretValue", "Secret"),
    ("ServicePrincipal", "Principal"),
    ("Tags", "Tag"),
    ("Template", "Assembly"),
    ("addStage", "stage"),
    ("atPath", "file"),
    ("crossRegionReplicationBuckets", "replica_store"),
    ("fromRoleArn", "import"),
    ("hasResourceProperties", "resources"),
    ("notificationTopic", "topic"),
    ("variablesNamespace", "namespace"),
];

#[test]
fn names_of_the_cdk_are_found() {
    let mut aliases = Aliases::default();
    for name in ["construct-core", "construct-iam", "construct-pipeline"] {
        aliases.read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"));
    }
    for (theirs, ours) in ACTIONS.into_iter().chain(OTHERS) {
        let found = aliases.0.get(theirs).map(Vec::as_slice).unwrap_or_default();
        assert!(found.iter().any(|name| name == ours), "`{theirs}` leads to {found:?}, not to `{ours}`");
    }
    for (theirs, ours) in &aliases.0 {
        assert!(theirs.chars().all(char::is_alphanumeric), "`{theirs}`, an alias of {ours:?}, is no name of the CDK");
    }
}

/// What each alias leads to.
#[derive(Default)]
struct Aliases(BTreeMap<String, Vec<String>>);

impl Aliases {
    fn read(&mut self, dir: &Path) {
        for entry in fs::read_dir(dir).expect("the sources are there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                self.read(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                self.visit_file(&syn::parse_file(&text).expect("what compiles can be parsed"));
            }
        }
    }

    fn add(&mut self, attrs: &[Attribute], name: &Ident) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc") && attr.meta.require_list().is_ok()) {
            let parsed = attr.parse_nested_meta(|meta| {
                let mut alias = |text: LitStr| self.0.entry(text.value()).or_default().push(name.to_string());
                if !meta.path.is_ident("alias") {
                    return Ok(());
                }
                if let Ok(value) = meta.value() {
                    alias(value.parse()?);
                    return Ok(());
                }
                let list;
                syn::parenthesized!(list in meta.input);
                list.parse_terminated(<LitStr as syn::parse::Parse>::parse, syn::Token![,])?
                    .into_iter()
                    .for_each(alias);
                Ok(())
            });
            parsed.expect("what compiles has sound attributes");
        }
    }
}

impl<'ast> Visit<'ast> for Aliases {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.add(&item.attrs, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.add(&item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.add(&item.attrs, &item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.attrs, &item.sig.ident);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.add(&item.attrs, &item.sig.ident);
    }
}
