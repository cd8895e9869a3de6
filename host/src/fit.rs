//! `rapport fit`: what is known of a shop's population, out of its past orders.

use anyhow::Result;
use rapport_fit::FitArgs;

/// Fits, and says what was found.
pub fn run(args: &FitArgs) -> Result<()> {
    let found = rapport_fit::fit(args)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    print!("{found}");
    if args.dry_run {
        println!("Nothing was sent. PUT /v1/segments/models/lifetime would take:");
        println!("{}", serde_json::to_string(&found.lifetime)?);
        if let Some(rfm) = &found.rfm {
            println!("PUT /v1/segments/models/rfm would take:");
            println!("{}", serde_json::to_string(rfm)?);
        }
    }
    Ok(())
}
