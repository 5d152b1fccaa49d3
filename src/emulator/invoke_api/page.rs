//! The page that a browser gets where the function has none: pick an event, edit it, send it, read the answer.

use crate::emulator::server::exchange::Request;
use crate::events::samples;

const PAGE: &str = include_str!("page.html");

/// Whether a person with a browser asks for the front page.
pub(crate) fn is_asked_for(request: &Request) -> bool {
    request.method == "GET"
        && request.path() == "/"
        && request
            .header("accept")
            .is_some_and(|types| types.contains("text/html"))
}

/// The page, with the sample events.
pub(crate) fn page() -> String {
    let members: Vec<String> = samples::ALL
        .iter()
        .map(|(name, event)| format!("\"{name}\": {}", event.trim()))
        .collect();
    // Within a script element nothing but its end tag has a meaning.
    let events = format!("{{{}}}", members.join(",\n")).replace("</", "<\\/");
    PAGE.replace("SAMPLES", &events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::json::Value;

    #[test]
    fn the_page_holds_every_sample() {
        let page = page();
        let (_, rest) = page.split_once("id=\"samples\">").unwrap();
        let (events, _) = rest.split_once("</script>").unwrap();
        let events: Value = json::parse(events.as_bytes()).unwrap();
        for (name, event) in samples::ALL {
            let event: Value = json::parse(event.as_bytes()).unwrap();
            assert_eq!(events.get(name), Some(&event), "{name}");
        }
    }
}
