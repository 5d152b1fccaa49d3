//! Metrics in the log of a function. Pure functions.
//!
//! Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".

use std::fmt::Write as _;

use crate::json::{self, Object, Value};

/// Values of one metric in a line of the log in CloudWatch's embedded metric format.
///
/// ```
/// use tiny_lambda::emulator::InvokeResponse;
///
/// fn check(response: &InvokeResponse) {
///     let metrics = response.metrics();
///     let orders = metrics.iter().find(|metric| metric.name == "Orders").expect("an order");
///     assert_eq!((orders.values.as_slice(), orders.unit.as_str()), (&[1.0][..], "Count"));
///     assert_eq!(orders.dimension("service"), Some("checkout"));
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The namespace that contains the metric.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// The unit, such as `Count` or `Milliseconds`; `None` (the text) if the line has none, as CloudWatch has it.
    pub unit: String,
    /// The values, at least one.
    pub values: Vec<f64>,
    /// The sets of dimensions, each with names and values.
    pub dimensions: Vec<Vec<(String, String)>>,
    /// Whether CloudWatch stores the metric with a resolution of one second.
    pub is_high_resolution: bool,
    /// The members of the line that are neither a metric nor a dimension.
    pub properties: Object,
}

impl Metric {
    /// Returns the value of a dimension, in the first set that has it.
    ///
    /// ```
    /// # fn f(metric: &tiny_lambda::emulator::Metric) {
    /// assert_eq!(metric.dimension("service"), Some("checkout"));
    /// # }
    /// ```
    pub fn dimension(&self, name: &str) -> Option<&str> {
        let mut all = self.dimensions.iter().flatten();
        let found = all.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the metric on one line: `shop Orders 1 Count service=checkout`.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{} {}", self.namespace, self.name);
        for value in &self.values {
            let _ = write!(line, " {value}");
        }
        if self.unit != "None" {
            let _ = write!(line, " {}", self.unit);
        }
        for (index, set) in self.dimensions.iter().enumerate() {
            if index > 0 {
                line.push(';');
            }
            for (name, value) in set {
                let _ = write!(line, " {name}={value}");
            }
        }
        one_line(&line)
    }
}

/// Returns whether a viewer of text interprets a character: a control character, a separator of lines, or a character
/// that changes the direction of text (Unicode Standard Annex #9).
pub(crate) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Replaces control characters by spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(is_control, " ")
}

/// The metrics of one line, and what CloudWatch would ignore without an error.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct MetricLine {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) problems: Vec<String>,
}

/// Most metrics in a directive, and most values of a metric.
const METRICS_MAX: usize = 100;
const DIMENSIONS_MAX: usize = 30;

/// Reads the metrics of a line of the log. Returns `None` for a line in another format.
pub(crate) fn read_line(line: &str) -> Option<MetricLine> {
    // Most lines are not JSON.
    if !line.starts_with('{') || !line.contains("\"_aws\"") {
        return None;
    }
    let Value::Object(document) = json::parse_replacing_surrogates(line.as_bytes()).ok()? else {
        return None;
    };
    let Some(Value::Array(directives)) = document.get("_aws")?.get("CloudWatchMetrics") else {
        return None;
    };
    let mut found = MetricLine::default();
    for directive in directives {
        read_directive(&document, directive, &mut found);
    }
    let is_property = |name: &str| {
        let is_part = |metric: &Metric| metric.name == name || metric.dimension(name).is_some();
        name != "_aws" && !found.metrics.iter().any(is_part)
    };
    let members = document.iter().filter(|(name, _)| is_property(name));
    let properties: Object = members
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    for metric in &mut found.metrics {
        metric.properties.clone_from(&properties);
    }
    Some(found)
}

fn read_directive(document: &Object, directive: &Value, found: &mut MetricLine) {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let array = |name: &str| match directive.get(name) {
        Some(Value::Array(array)) => array.as_slice(),
        _ => &[],
    };
    let problems = &mut found.problems;
    let namespace = text(directive, "Namespace").unwrap_or_default();
    if namespace.is_empty() {
        problems.push("a namespace is missing".to_owned());
    }
    let mut dimensions = Vec::new();
    for set in array("Dimensions") {
        let Value::Array(names) = set else {
            problems.push("a set of dimensions is not an array".to_owned());
            continue;
        };
        if names.len() > DIMENSIONS_MAX {
            problems.push(format!(
                "{} dimensions, of which CloudWatch takes {DIMENSIONS_MAX}",
                names.len()
            ));
        }
        let mut pairs = Vec::new();
        for name in names.iter().filter_map(Value::as_str) {
            match document.get(name).and_then(Value::as_str) {
                Some(value) if !value.is_empty() => pairs.push((name.to_owned(), value.to_owned())),
                _ => problems.push(format!("the dimension {name:?} has no text as its value")),
            }
        }
        dimensions.push(pairs);
    }
    let definitions = array("Metrics");
    if definitions.len() > METRICS_MAX {
        problems.push(format!(
            "{} metrics, of which CloudWatch takes {METRICS_MAX}",
            definitions.len()
        ));
    }
    for definition in definitions {
        let name = text(definition, "Name").unwrap_or_default();
        let values = match document.get(&name) {
            Some(Value::Array(values)) => values.iter().map(Value::as_f64).collect(),
            Some(value) => value.as_f64().map(|value| vec![value]),
            None => None,
        };
        let Some(values) = values.filter(|values| (1..=METRICS_MAX).contains(&values.len())) else {
            problems.push(format!(
                "the metric {name:?} has no number and no array of up to {METRICS_MAX} numbers"
            ));
            continue;
        };
        let resolution = definition.get("StorageResolution");
        found.metrics.push(Metric {
            namespace: namespace.clone(),
            name,
            unit: text(definition, "Unit").unwrap_or_else(|| "None".to_owned()),
            values,
            dimensions: dimensions.clone(),
            is_high_resolution: resolution.and_then(Value::as_u64) == Some(1),
            properties: Object::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(members: &str, directive: &str) -> String {
        format!(r#"{{"_aws":{{"Timestamp":1,"CloudWatchMetrics":[{directive}]}},{members}}}"#)
    }

    #[test]
    fn lines_in_the_embedded_metric_format_have_metrics() {
        #[track_caller]
        fn check(line: &str, want: &[&str], problems: &[&str]) {
            let found = read_line(line).unwrap();
            let lines: Vec<String> = found.metrics.iter().map(Metric::line).collect();
            assert_eq!(lines, want, "{line}");
            assert_eq!(found.problems, problems, "{line}");
        }
        let directive = r#"{"Namespace":"shop","Dimensions":[["service"],["service","a"]],"Metrics":[{"Name":"Orders","Unit":"Count"},{"Name":"t","StorageResolution":1}]}"#;
        let members = r#""service":"x","a":"b","Orders":2,"t":[1,2.5],"id":"o1""#;
        let text = line(members, directive);
        let dimensions = "service=x; service=x a=b";
        let want = [
            format!("shop Orders 2 Count {dimensions}"),
            format!("shop t 1 2.5 {dimensions}"),
        ];
        check(&text, &[&want[0], &want[1]], &[]);
        let metrics = read_line(&text).unwrap().metrics;
        assert!(!metrics[0].is_high_resolution && metrics[1].is_high_resolution);
        assert_eq!(
            Value::Object(metrics[0].properties.clone()).to_string(),
            r#"{"id":"o1"}"#
        );
        assert_eq!(metrics[1].dimension("a"), Some("b"));
        assert_eq!(metrics[1].dimension("Orders"), None);
        check(
            &line(members, &format!("{directive},{directive}")),
            &[&want[0], &want[1], &want[0], &want[1]],
            &[],
        );
        // What CloudWatch leaves out is a problem.
        let one = |rest: &str| format!(r#"{{"Namespace":"n","Metrics":[{{"Name":"m"}}]{rest}}}"#);
        check(&line(r#""m":1"#, &one("")), &["n m 1"], &[]);
        let no_number = r#"the metric "m" has no number and no array of up to 100 numbers"#;
        let too_many = format!("\"m\":[{}1]", "1,".repeat(100));
        for members in [
            r#""m":"1""#,
            r#""x":1"#,
            r#""m":null"#,
            r#""m":[]"#,
            r#""m":[1,"2"]"#,
            &too_many,
        ] {
            check(&line(members, &one("")), &[], &[no_number]);
        }
        let no_text = r#"the dimension "d" has no text as its value"#;
        for members in [r#""m":1"#, r#""m":1,"d":2"#, r#""m":1,"d":"""#] {
            check(
                &line(members, &one(r#","Dimensions":[["d"]]"#)),
                &["n m 1"],
                &[no_text],
            );
        }
        check(
            &line(r#""m":1"#, r#"{"Metrics":[{"Name":"m"}]}"#),
            &[" m 1"],
            &["a namespace is missing"],
        );
        check(&line(r#""m":1"#, "1"), &[], &["a namespace is missing"]);
        check(
            &line(
                r#""m\n":1"#,
                r#"{"Namespace":"n\u001b","Metrics":[{"Name":"m\n"}]}"#,
            ),
            &["n  m  1"],
            &[],
        );
    }

    #[test]
    fn other_lines_have_none() {
        for text in [
            "",
            "INFO hi",
            "{",
            "{}",
            r#"{"_aws":1}"#,
            r#"{"_aws":{"CloudWatchMetrics":{}}}"#,
            r#"{"a":{"_aws":{"CloudWatchMetrics":[]}}}"#,
            r#"["_aws"]"#,
            r#"{"_aws":{"CloudWatchMetrics":[]}"#,
        ] {
            assert_eq!(read_line(text), None, "{text}");
        }
    }
}
