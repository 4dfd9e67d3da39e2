// `examples/cross_region.rs` for aws-cdk-lib.
'use strict';
const {
  App, Stack, LegacyStackSynthesizer,
  aws_codebuild: codebuild, aws_codecommit: codecommit, aws_codepipeline: codepipeline,
  aws_codepipeline_actions: actions, aws_s3: s3,
} = require('aws-cdk-lib');

const ACCOUNT = '111111111111';
const REGIONS = ['eu-central-1', 'us-east-1', 'ap-southeast-2'];

const app = new App({ context: require('./context.json') });
const props = (region) => ({ env: { account: ACCOUNT, region }, synthesizer: new LegacyStackSynthesizer() });
const source = new codepipeline.Artifact('Source');
const site = new codepipeline.Artifact('Site');
const copies = REGIONS.map((region) => {
  const stack = new Stack(app, `Site-${region}`, props(region));
  const bucket = new s3.Bucket(stack, 'Site', { bucketName: `example-site-${region}` });
  return new actions.S3DeployAction({ actionName: `Copy-${region}`, bucket, input: site });
});

const delivery = new Stack(app, 'Delivery', props(REGIONS[0]));
const project = new codebuild.PipelineProject(delivery, 'Build', {
  buildSpec: codebuild.BuildSpec.fromSourceFilename('buildspec.yml'),
});
const repository = codecommit.Repository.fromRepositoryName(delivery, 'Repository', 'site');
const checkout = new actions.CodeCommitSourceAction({ actionName: 'Checkout', repository, branch: 'main', output: source });
const render = new actions.CodeBuildAction({ actionName: 'Render', project, input: source, outputs: [site] });
new codepipeline.Pipeline(delivery, 'Pipeline', {
  pipelineName: 'site',
  stages: [
    { stageName: 'Source', actions: [checkout] },
    { stageName: 'Build', actions: [render] },
    { stageName: 'Publish', actions: copies },
  ],
});
app.synth();
