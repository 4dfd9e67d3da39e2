//! The proof of accesses, from outside: on the example, on policies broken in one place, on templates of other tools,
//! and on nonsense.

mod broken;
mod buckets;
mod builds;
mod cdk_pipelines;
mod conditions;
mod example;
mod foreign;
mod handwritten;
mod hostile;
mod images;
mod instances;
mod large;
mod left_open;
mod networks;
mod organizations;
mod places;
mod repositories;
mod support;
mod variables;
