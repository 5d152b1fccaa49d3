//! The chart for the README: one bar chart for each of the most important figures.

use std::fmt::Write as _;

use crate::Results;
use crate::measure::{CPU_START, ECHO, INSTRUCTIONS_WARM, RESIDENT, SIZE, ZIP};
use crate::number::number;
use crate::rivals::LIMIT;

/// Metric, title, divisor, decimals.
const PANELS: [(&str, &str, f64, usize); 6] = [
    (ZIP, "function.zip, KB", 1000.0, 0),
    (SIZE, "executable, KB", 1000.0, 0),
    (CPU_START, "CPU time to the first next, µs", 1.0, 0),
    (RESIDENT, "resident after 1,000 invocations, KB", 1.0, 0),
    (
        INSTRUCTIONS_WARM,
        "instructions per warm invocation, thousands",
        1000.0,
        1,
    ),
    (ECHO, "6 MB echo, MB/s (more is better)", 1.0, 0),
];

const WIDTH: usize = 900;
const PANEL_WIDTH: usize = 440;
const NAME_WIDTH: usize = 178;
const BAR_WIDTH_MAX: f64 = 190.0;
const ROW: usize = 19;

/// Colours for light and for dark pages.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}.v{fill:#57606a}\
.o{fill:#d9730d}.r{fill:#afb8c1}.l{fill:#6e7781}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.v{fill:#9198a1}.o{fill:#f0883e}.r{fill:#484f58}.l{fill:#768390}}";

pub fn svg(results: &Results) -> String {
    let subjects = &results.subjects;
    let panel_height = 34 + ROW * subjects.len();
    let height = PANELS.len().div_ceil(2) * panel_height;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
        aria-label=\"tiny-lambda beside other runtimes\"><style>{STYLE}</style>\n"
    );
    for (i, (key, title, unit, digits)) in PANELS.into_iter().enumerate() {
        let (left, top) = (i % 2 * (WIDTH - PANEL_WIDTH), i / 2 * panel_height);
        let _ = writeln!(
            svg,
            "<g transform=\"translate({left} {top})\"><text class=\"t\" y=\"16\">{title}</text>"
        );
        let values = subjects
            .iter()
            .map(|subject| subject.figures.values.get(key));
        let most = values
            .clone()
            .flatten()
            .copied()
            .fold(f64::MIN_POSITIVE, f64::max);
        for (row, (subject, value)) in subjects.iter().zip(values).enumerate() {
            let y = 24 + ROW * row;
            let name = subject.built.name;
            let class = match name {
                LIMIT => "l",
                _ if subject.built.is_ours => "o",
                _ => "r",
            };
            // A figure that was not measured has a label but no bar.
            let wide = value.map_or(0.0, |value| (value / most * BAR_WIDTH_MAX).max(1.0));
            let said = value.map_or("not measured".into(), |value| number(value / unit, digits));
            let _ = writeln!(
                svg,
                "<text y=\"{}\">{name}</text><rect class=\"{class}\" x=\"{NAME_WIDTH}\" y=\"{}\" \
                width=\"{wide:.1}\" height=\"{}\" rx=\"2\"/><text class=\"v\" x=\"{:.1}\" y=\"{}\">{said}</text>",
                y + 12,
                y + 2,
                ROW - 6,
                NAME_WIDTH as f64 + wide + 6.0,
                y + 12,
            );
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}
