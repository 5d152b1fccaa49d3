//! The page for browsers, if the function serves none: pick an event, edit it, send it, read the response.

use crate::emulator::server::exchange::HttpRequest;
use crate::events::samples;

const PAGE: &str = include_str!("page.html");

/// Returns whether a browser requests the front page.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    request.method == "GET"
        && request.path() == "/"
        && request
            .header("accept")
            .is_some_and(|types| types.contains("text/html"))
}

/// Returns the page with the sample events.
pub(super) fn page() -> String {
    let members: Vec<String> = samples::ALL
        .iter()
        .map(|(name, event)| format!("\"{name}\": {}", event.trim()))
        .collect();
    // Within a script element only its end tag has a meaning.
    let events = format!("{{{}}}", members.join(",\n")).replace("</", "<\\/");
    PAGE.replace("SAMPLES", &events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::json::Value;

    #[test]
    fn what_a_function_writes_becomes_text_and_never_html() {
        for part in ["innerHTML", "outerHTML", "insertAdjacent", "document.write"] {
            assert!(!PAGE.contains(part), "{part}");
        }
        assert!(PAGE.contains("at(id).textContent = "));
    }

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
