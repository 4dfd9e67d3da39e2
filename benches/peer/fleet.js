// The app of ../src/fleet.rs for aws-cdk-lib: `node fleet.js PIPELINES TARGETS [--one-action]`, to $CDK_OUTDIR.
//
// Every choice that costs time is taken the cheap way: plain JavaScript, templates without asset files, one artifact
// bucket and key a pipeline where it needs them, and what the CDK CLI says to an app when it runs it.
'use strict';
const {
  App, Stack, LegacyStackSynthesizer,
  aws_codebuild: codebuild, aws_codecommit: codecommit, aws_codepipeline: codepipeline,
  aws_codepipeline_actions: actions, aws_iam: iam,
} = require('aws-cdk-lib');
const context = require('./context.json');

const TOOLS = { account: '111111111111', region: 'us-east-1' };
const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
const ACCOUNTS = 40;
const STAGE = 20;

const [pipelines, targets] = process.argv.slice(2, 4).map(Number);
const oneAction = process.argv.includes('--one-action');
const app = new App({ context });
for (let pipeline = 0; pipeline < pipelines; pipeline++) {
  addPipeline(pipeline);
}
app.synth();

function addPipeline(pipeline) {
  const stack = new Stack(app, `Service${pipeline}`, { env: TOOLS, synthesizer: new LegacyStackSynthesizer() });
  const repository = codecommit.Repository.fromRepositoryName(stack, 'Code', `service-${pipeline}`);
  const project = new codebuild.PipelineProject(stack, 'Build', {
    buildSpec: codebuild.BuildSpec.fromSourceFilename('buildspec.yml'),
  });
  const source = new codepipeline.Artifact('Source');
  const bundle = new codepipeline.Artifact('Bundle');
  const stages = [
    { stageName: 'Source', actions: [new actions.CodeCommitSourceAction({ actionName: 'Checkout', repository, branch: 'main', output: source })] },
    { stageName: 'Build', actions: [new actions.CodeBuildAction({ actionName: 'Bundle', project, input: source, outputs: [bundle] })] },
    { stageName: 'Test', actions: deploy(pipeline, 0, bundle) },
  ];
  const rest = Array.from({ length: targets - 1 }, (_, n) => n + 1);
  for (let first = 0; first < rest.length; first += STAGE) {
    const wave = rest.slice(first, first + STAGE).flatMap((target) => deploy(pipeline, target, bundle));
    const approve = new actions.ManualApprovalAction({ actionName: 'Approve', runOrder: 1 });
    stages.push({ stageName: `Production${first / STAGE}`, actions: first === 0 ? [approve, ...wave] : wave });
  }
  new codepipeline.Pipeline(stack, 'Pipeline', { pipelineName: `service-${pipeline}`, crossAccountKeys: true, enableKeyRotation: true, stages });
  for (const action of stages.slice(2).flatMap((stage) => stage.actions)) {
    const { account, region } = action.actionProperties;
    // Only the actions that write a stack have a role of CloudFormation's.
    action.addToDeploymentRolePolicy?.(new iam.PolicyStatement({ actions: ['sqs:*'], resources: [`arn:aws:sqs:${region}:${account}:service-${pipeline}-*`] }));
  }
}

function deploy(pipeline, target, bundle) {
  const runOrder = target === 0 ? 1 : 2;
  const place = {
    stackName: `service-${pipeline}`,
    account: String(300000000001 + ((pipeline + target) % ACCOUNTS)),
    region: REGIONS[target % REGIONS.length],
  };
  const write = { ...place, templatePath: bundle.atPath('template.yaml'), adminPermissions: false, runOrder };
  if (oneAction) {
    return [new actions.CloudFormationCreateUpdateStackAction({ ...write, actionName: `Deploy-${target}` })];
  }
  const changeSetName = 'release';
  return [
    new actions.CloudFormationCreateReplaceChangeSetAction({ ...write, actionName: `Prepare-${target}`, changeSetName }),
    new actions.CloudFormationExecuteChangeSetAction({ ...place, actionName: `Execute-${target}`, changeSetName, runOrder: runOrder + 1 }),
  ];
}
