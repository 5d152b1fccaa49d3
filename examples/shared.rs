//! A value that is created once, in the Init phase, and used by every invocation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tiny_lambda::{Context, Result, json_struct};

json_struct! { struct Request { country: String } }
json_struct! { struct Response { capital: Option<String>, n_served: u64 } }

/// A value that is expensive to create, for example from a file of the package or another service.
struct Atlas {
    capitals: BTreeMap<String, String>,
    n_served: AtomicU64,
}

fn main() -> ! {
    // An error of the closure is reported as an init error, and ends the execution environment.
    tiny_lambda::run_with_init(|| Atlas::read("fr=Paris\njp=Tokyo"), capital)
}

impl Atlas {
    fn read(text: &str) -> Result<Atlas> {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let capitals = pairs
            .map(|(country, capital)| (country.into(), capital.into()))
            .collect();
        Ok(Atlas {
            capitals,
            n_served: AtomicU64::new(0),
        })
    }
}

/// Several invocations may run at once, so a value that changes must be atomic or behind a lock.
fn capital(atlas: &Atlas, request: Request, _: &Context) -> Result<Response> {
    let capital = atlas.capitals.get(&request.country).cloned();
    let n_before = atlas.n_served.fetch_add(1, Ordering::Relaxed);
    let n_served = n_before.saturating_add(1);
    Ok(Response { capital, n_served })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_atlas_is_shared_by_all_invocations() -> Result<()> {
        let atlas = Atlas::read("fr=Paris")?;
        let capital_of = |country: &str| {
            let response = capital(
                &atlas,
                Request {
                    country: country.into(),
                },
                &Context::default(),
            );
            response.map(|response| (response.capital, response.n_served))
        };
        assert_eq!(capital_of("fr")?, (Some("Paris".into()), 1));
        assert_eq!(capital_of("xx")?, (None, 2));
        Ok(())
    }
}
