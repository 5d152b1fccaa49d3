//! Counts visits in memory, and writes the count when Lambda shuts the process down.

use std::sync::atomic::{AtomicU32, Ordering};

use tiny_lambda::{Context, Result};

static N_VISITS: AtomicU32 = AtomicU32::new(0);

fn main() -> ! {
    tiny_lambda::on_shutdown(|| eprintln!("{}", summary()));
    tiny_lambda::run(visit)
}

fn visit(name: String, _: &Context) -> Result<String> {
    let before = N_VISITS.fetch_add(1, Ordering::Relaxed);
    Ok(format!("Hello, {name}! {before} were here before you."))
}

fn summary() -> String {
    format!("{} visits", N_VISITS.load(Ordering::Relaxed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn visits_are_counted() {
        let cx = Context::default();
        visit("Ada".to_owned(), &cx).unwrap();
        let second = visit("Grace".to_owned(), &cx).unwrap();
        assert_eq!(second, "Hello, Grace! 1 were here before you.");
        assert_eq!(summary(), "2 visits");
    }
}
