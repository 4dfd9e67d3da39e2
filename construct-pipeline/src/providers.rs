//! What actions do: the providers of this crate, one action type each.
//!
//! They use nothing that another crate could not use; the way to a new one is in `CONTRIBUTING.md`.

mod app_config;
mod cloudformation;
mod code_deploy;
mod codebuild;
mod codecommit;
mod commands;
mod connection;
mod custom;
mod ec2;
mod ecr;
mod ecr_build;
mod ecs;
mod eks;
mod elastic_beanstalk;
mod inspector;
mod instances;
mod keys;
mod lambda;
mod lambda_deploy;
mod manual_approval;
mod pipeline_invoke;
mod s3_deploy;
mod s3_source;
mod service_catalog;
mod stack_set;
mod step_functions;

pub use app_config::AppConfigDeploy;
pub use cloudformation::*;
pub use code_deploy::CodeDeployServerDeploy;
pub use codebuild::*;
pub use codecommit::*;
pub use commands::Commands;
pub(crate) use commands::log_statement;
pub use connection::*;
pub use custom::*;
pub use ec2::*;
pub use ecr::EcrSource;
pub use ecr_build::*;
pub use ecs::*;
pub use eks::*;
pub use elastic_beanstalk::ElasticBeanstalkDeploy;
pub use inspector::InspectorScan;
pub use lambda::*;
pub use lambda_deploy::*;
pub use manual_approval::*;
pub use pipeline_invoke::*;
pub use s3_deploy::*;
pub use s3_source::*;
pub use service_catalog::ServiceCatalogDeploy;
pub use stack_set::*;
pub use step_functions::*;
