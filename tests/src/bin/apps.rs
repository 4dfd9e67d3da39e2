//! Writes generated apps for the conformance suite.
//!
//! ```text
//! apps DIR SEED…       DIR/seed-SEED/{before,after} are assemblies, DIR/seed-SEED/app.json says what they are
//! ```

use std::error::Error;
use std::path::PathBuf;

use construct_tests::apps::Generated;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("see the head of this file")?);
    for seed in arguments {
        let seed: u64 = seed.parse()?;
        let before = Generated::before(seed);
        let (after, changes) = before.after();
        let dir = dir.join(format!("seed-{seed:02}"));
        for (version, generated) in [("before", &before), ("after", &after)] {
            let assembly = generated.app().synth().map_err(|error| format!("seed {seed}, {version}: {error}"))?;
            assembly.write(dir.join(version))?;
        }
        let mut existing = [before.existing(), after.existing()].concat();
        existing.sort();
        existing.dedup();
        let description = json!({
            "seed": seed,
            "existing": existing,
            "changes": changes,
            "before": before.description(),
            "after": after.description(),
        });
        std::fs::write(dir.join("app.json"), format!("{description:#}\n"))?;
    }
    Ok(())
}
