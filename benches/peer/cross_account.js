// `examples/cross_account.rs` for aws-cdk-lib. The CDK does not forward the events of an imported repository from another
// account, so the repository's stack is part of the app.
'use strict';
const {
  App, Stack, LegacyStackSynthesizer,
  aws_codebuild: codebuild, aws_codecommit: codecommit, aws_codepipeline: codepipeline,
  aws_codepipeline_actions: actions, aws_iam: iam,
} = require('aws-cdk-lib');

const TOOLS = { account: '111111111111', region: 'us-east-1' };
const SOURCE = { account: '222222222222', region: 'us-east-1' };
const TEST = { account: '333333333333', region: 'us-east-1' };
const PRODUCTION = [{ account: '444444444444', region: 'eu-west-1' }, { account: '444444444444', region: 'us-east-1' }];

const app = new App({ context: require('./context.json') });
const props = (env) => ({ env, synthesizer: new LegacyStackSynthesizer() });
const code = new Stack(app, 'Code', props(SOURCE));
const repository = new codecommit.Repository(code, 'Orders', { repositoryName: 'orders' });

const tools = new Stack(app, 'Tools', props(TOOLS));
const project = new codebuild.PipelineProject(tools, 'Build', {
  buildSpec: codebuild.BuildSpec.fromSourceFilename('buildspec.yml'),
});
const source = new codepipeline.Artifact('Source');
const bundle = new codepipeline.Artifact('Bundle');
const checkout = new actions.CodeCommitSourceAction({ actionName: 'Checkout', repository, branch: "main", output: source });
const build = new actions.CodeBuildAction({ actionName: 'Bundle', project, input: source, outputs: [bundle] });
const deployments = [];

new codepipeline.Pipeline(tools, 'Pipeline', {
  pipelineName: 'orders',
  crossAccountKeys: true,
  enableKeyRotation: true,
  stages: [
    { stageName: 'Source', actions: [checkout] },
    { stageName: 'Build', actions: [build] },
    { stageName: 'Test', actions: deploy(TEST, 1) },
    {
      stageName: 'Production',
      actions: [new actions.ManualApprovalAction({ actionName: 'Approve' }), ...PRODUCTION.flatMap((env) => deploy(env, 2))],
    },
  ],
});
for (const { prepare, env } of deployments) {
  const queues = `arn:aws:sqs:${env.region}:${env.account}:orders-*`;
  prepare.addToDeploymentRolePolicy(new iam.PolicyStatement({ actions: ['sqs:*'], resources: [queues] }));
}
app.synth();

/** A change set for the `orders` stack of an environment, and its execution. */
function deploy(env, runOrder) {
  const place = { stackName: 'orders', changeSetName: 'release', ...env };
  const prepare = new actions.CloudFormationCreateReplaceChangeSetAction({
    ...place, actionName: `Prepare-${env.region}`, templatePath: bundle.atPath('template.yaml'), adminPermissions: false, runOrder,
  });
  deployments.push({ prepare, env });
  const execute = new actions.CloudFormationExecuteChangeSetAction({
    ...place, actionName: `Execute-${env.region}`, runOrder: runOrder + 1,
  });
  return [prepare, execute];
}
