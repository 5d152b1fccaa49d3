//! The Extensions API as a state machine: which extensions may register, which events each gets, and when
//! it is idle. No socket, no clock.

use std::collections::VecDeque;

use crate::emulator::message::FunctionError;
use crate::emulator::report::{ProcessExit, exit_reason, uuid};

/// Most extensions of one function, internal and external.
const EXTENSIONS_MAX: usize = 10;

/// The state of an extension. The variants have the names that AWS's servers use in their messages about
/// refused calls, which are written with [`Debug`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ExtensionState {
    /// Its process runs and has not registered.
    #[default]
    Started,
    Registered,
    /// Its call of `event/next` waits.
    Ready,
    /// It has been given an event.
    Running,
    InitError,
    ExitError,
    Exited,
}

/// Why a call of an extension is refused, which is always with 403.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtensionCallError {
    pub(crate) error_type: &'static str,
    pub(crate) message: String,
}

impl ExtensionCallError {
    pub(crate) fn new(error_type: &'static str, message: impl Into<String>) -> ExtensionCallError {
        let message = message.into();
        ExtensionCallError {
            error_type,
            message,
        }
    }

    fn transition(from: ExtensionState, to: ExtensionState, name: &str) -> ExtensionCallError {
        let message = format!(
            "State transition from {from:?} to {to:?} failed for extension {name}. \
             Error: State transition is not allowed"
        );
        ExtensionCallError::new("Extension.InvalidExtensionState", message)
    }
}

/// One extension.
#[derive(Debug, Default)]
pub(crate) struct RegisteredExtension {
    pub(crate) name: String,
    /// Its identifier; empty before it has registered.
    id: String,
    /// Whether it has a process of its own.
    is_external: bool,
    /// The types of events that it gets.
    pub(crate) wanted: Vec<&'static str>,
    pub(crate) state: ExtensionState,
    /// Events that it has not got yet, as JSON.
    events: VecDeque<Vec<u8>>,
    /// The error that it has reported, or the error for the end of its process.
    error: Option<FunctionError>,
}

/// All extensions of an execution environment.
#[derive(Debug)]
pub(crate) struct ExtensionRegistry {
    pub(crate) all: Vec<RegisteredExtension>,
    /// Whether more may register. The runtime's first `next` ends that.
    pub(crate) is_open: bool,
    /// Whether this is a Managed Instance, whose extensions do not get INVOKE events.
    is_concurrent: bool,
}

impl ExtensionRegistry {
    pub(crate) fn new(is_concurrent: bool) -> ExtensionRegistry {
        ExtensionRegistry {
            all: Vec::new(),
            is_open: true,
            is_concurrent,
        }
    }

    /// Adds an external extension whose process is being started.
    pub(crate) fn add_external(&mut self, name: &str) {
        self.all.push(RegisteredExtension {
            name: name.to_owned(),
            is_external: true,
            ..RegisteredExtension::default()
        });
    }

    /// Registers an extension for the events that it names. Returns its identifier.
    pub(crate) fn register(
        &mut self,
        name: &str,
        events: &[String],
    ) -> Result<String, ExtensionCallError> {
        if name.is_empty() {
            return refuse("Extension.InvalidExtensionName", "Empty extension name");
        }
        if !self.is_open {
            let message = "Extension registration closed already";
            return refuse("Extension.RegistrationClosed", message);
        }
        let known = self.all.iter_mut().find(|known| known.name == name);
        let is_external = known.as_ref().is_some_and(|known| known.is_external);
        match known.as_ref().map(|known| known.state) {
            None | Some(ExtensionState::Started) => {}
            Some(from) if is_external => {
                let to = ExtensionState::Registered;
                return Err(ExtensionCallError::transition(from, to, name));
            }
            Some(_) => {
                let message = "Extension with this name already registered";
                return refuse("Extension.InvalidExtensionState", message);
            }
        }
        let extension = RegisteredExtension {
            name: name.to_owned(),
            id: uuid(),
            is_external,
            wanted: wanted_events(events, self.is_concurrent, is_external)?,
            state: ExtensionState::Registered,
            ..RegisteredExtension::default()
        };
        let id = extension.id.clone();
        if let Some(known) = known {
            *known = extension;
        } else if self.all.len() < EXTENSIONS_MAX {
            self.all.push(extension);
        } else {
            let message = format!("Extension limit ({EXTENSIONS_MAX}) reached");
            return refuse("Extension.TooManyExtensions", &message);
        }
        Ok(id)
    }

    /// Returns the extension with the identifier `id`.
    pub(crate) fn find(
        &mut self,
        id: Option<&str>,
    ) -> Result<&mut RegisteredExtension, ExtensionCallError> {
        let id = id.unwrap_or_default();
        if id.is_empty() {
            let message = "Missing Lambda-Extension-Identifier header";
            return refuse("Extension.MissingExtensionIdentifier", message);
        }
        if !is_uuid(id) {
            let message = "Invalid Lambda-Extension-Identifier";
            return refuse("Extension.InvalidExtensionIdentifier", message);
        }
        let found = self.all.iter_mut().find(|known| known.id == id);
        found.ok_or_else(|| {
            let message = format!("Unknown extension {id}");
            ExtensionCallError::new("Extension.UnknownExtensionIdentifier", message)
        })
    }

    /// Returns whether every external extension has registered, so that the runtime may start.
    pub(crate) fn are_registered(&self) -> bool {
        let mut extensions = self.all.iter();
        extensions.all(|extension| extension.state != ExtensionState::Started)
    }

    /// Returns whether each extension has ended, or waits for an event while none is queued for it.
    pub(crate) fn are_idle(&self) -> bool {
        use ExtensionState::{ExitError, Exited, InitError, Ready};
        let is_idle = |extension: &RegisteredExtension| match extension.state {
            Ready => extension.events.is_empty(),
            state => matches!(state, InitError | ExitError | Exited),
        };
        self.all.iter().all(is_idle)
    }

    /// Sends an event to the extensions that want events of its type.
    pub(crate) fn send(&mut self, event_type: &str, event: &[u8]) {
        for extension in &mut self.all {
            if extension.wanted.contains(&event_type) {
                extension.events.push_back(event.to_vec());
            }
        }
    }

    /// Notes that the process of extension `name` has ended.
    pub(crate) fn set_exited(&mut self, name: &str, exit: ProcessExit) {
        let mut extensions = self.all.iter_mut();
        if let Some(extension) = extensions.find(|e| e.is_external && e.name == name) {
            extension.state = ExtensionState::Exited;
            let text = format!("extension {name}: {}", exit_reason(exit));
            let crash = || FunctionError::new("Extension.Crash", &text);
            extension.error.get_or_insert_with(crash);
        }
    }

    /// Returns the first error of an extension.
    pub(crate) fn error(&self) -> Option<FunctionError> {
        let mut extensions = self.all.iter();
        extensions.find_map(|extension| extension.error.clone())
    }
}

fn refuse<T>(error_type: &'static str, message: &str) -> Result<T, ExtensionCallError> {
    Err(ExtensionCallError::new(error_type, message))
}

fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Checks the types of events that a registration names, and returns each once.
fn wanted_events(
    events: &[String],
    is_concurrent: bool,
    is_external: bool,
) -> Result<Vec<&'static str>, ExtensionCallError> {
    for event in events {
        let problem = match event.as_str() {
            "INVOKE" if is_concurrent => "InvokeEventNotSupported",
            "SHUTDOWN" if !is_external => "ShutdownEventNotSupportedForInternalExtension",
            "INVOKE" | "SHUTDOWN" => continue,
            _ => "ErrorInvalidEventType",
        };
        let message = format!("{event}: {problem}");
        return refuse("Extension.InvalidEventType", &message);
    }
    let mut wanted = vec!["INVOKE", "SHUTDOWN"];
    wanted.retain(|name| events.iter().any(|event| event == name));
    Ok(wanted)
}

impl RegisteredExtension {
    /// Handles a call of `event/next`: the extension is done with its last event.
    pub(crate) fn poll(&mut self) -> Result<(), ExtensionCallError> {
        match self.state {
            ExtensionState::Registered | ExtensionState::Ready | ExtensionState::Running => {
                self.state = ExtensionState::Ready;
                Ok(())
            }
            from => {
                let to = ExtensionState::Ready;
                Err(ExtensionCallError::transition(from, to, &self.name))
            }
        }
    }

    /// Returns the event for a call of `event/next`; `None` if the call has to wait.
    pub(crate) fn take_event(&mut self) -> Option<Vec<u8>> {
        let event = self.events.pop_front()?;
        self.state = ExtensionState::Running;
        Some(event)
    }

    /// Handles a call of `init/error` or `exit/error`, which changes the state to `to`. Repeating the call is
    /// not an error.
    pub(crate) fn report_error(
        &mut self,
        to: ExtensionState,
        error_type: &str,
        document: Vec<u8>,
    ) -> Result<(), ExtensionCallError> {
        match (self.state, to) {
            (from, to) if from == to => return Ok(()),
            (ExtensionState::Registered, _)
            | (ExtensionState::Ready | ExtensionState::Running, ExtensionState::ExitError) => {}
            (from, to) => return Err(ExtensionCallError::transition(from, to, &self.name)),
        }
        self.state = to;
        // `Extension.InitError` or `Extension.ExitError`.
        let kind = format!("Extension.{to:?}");
        let mut error = FunctionError::new(&kind, error_type);
        if !document.is_empty() {
            error.document = document;
        }
        self.error = Some(error);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(
        extensions: &mut ExtensionRegistry,
        name: &str,
        events_wanted: &str,
        want: Result<(), &str>,
    ) {
        let got = extensions.register(name, &events(events_wanted)).map(drop);
        assert_eq!(
            got.as_ref().map_err(|r| r.error_type),
            want.as_ref().map_err(|&e| e),
            "{name}"
        );
    }

    #[test]
    fn registrations_are_checked() {
        let extensions = &mut ExtensionRegistry::new(false);
        extensions.add_external("outside");
        assert!(!extensions.are_registered());
        check(extensions, "", "", Err("Extension.InvalidExtensionName"));
        check(
            extensions,
            "inside",
            "INVOKE SHUTDOWN",
            Err("Extension.InvalidEventType"),
        );
        check(
            extensions,
            "inside",
            "OTHER",
            Err("Extension.InvalidEventType"),
        );
        check(extensions, "inside", "INVOKE", Ok(()));
        check(
            extensions,
            "inside",
            "",
            Err("Extension.InvalidExtensionState"),
        );
        check(extensions, "outside", "INVOKE SHUTDOWN", Ok(()));
        check(
            extensions,
            "outside",
            "INVOKE",
            Err("Extension.InvalidExtensionState"),
        );
        assert!(extensions.are_registered());
        for i in 2..EXTENSIONS_MAX {
            check(extensions, &format!("more{i}"), "", Ok(()));
        }
        check(
            extensions,
            "eleventh",
            "",
            Err("Extension.TooManyExtensions"),
        );
        extensions.is_open = false;
        check(extensions, "late", "", Err("Extension.RegistrationClosed"));
    }

    #[test]
    fn extensions_of_managed_instances_get_no_invoke_events() {
        let extensions = &mut ExtensionRegistry::new(true);
        extensions.add_external("outside");
        check(
            extensions,
            "outside",
            "INVOKE",
            Err("Extension.InvalidEventType"),
        );
        check(extensions, "outside", "SHUTDOWN", Ok(()));
        check(
            extensions,
            "inside",
            "INVOKE",
            Err("Extension.InvalidEventType"),
        );
        check(extensions, "inside", "", Ok(()));
    }

    #[test]
    fn identifiers_are_checked_in_three_steps() {
        let mut extensions = ExtensionRegistry::new(false);
        let id = extensions.register("one", &[]).unwrap();
        let mut check = |id: Option<&str>, want: Result<&str, &str>| {
            let got = extensions.find(id).map(|extension| extension.name.clone());
            let got = got.as_ref().map(String::as_str).map_err(|r| r.error_type);
            assert_eq!(got, want, "{id:?}");
        };
        check(Some(&id), Ok("one"));
        check(None, Err("Extension.MissingExtensionIdentifier"));
        check(Some(""), Err("Extension.MissingExtensionIdentifier"));
        check(Some("one"), Err("Extension.InvalidExtensionIdentifier"));
        check(Some(&uuid()), Err("Extension.UnknownExtensionIdentifier"));
    }

    #[test]
    fn events_come_in_order_and_next_ends_each() {
        let mut extensions = ExtensionRegistry::new(false);
        let id = extensions.register("one", &events("INVOKE")).unwrap();
        extensions.register("deaf", &[]).unwrap();
        assert!(!extensions.are_idle());
        for name in ["one", "deaf"] {
            let id = extensions
                .all
                .iter()
                .find(|e| e.name == name)
                .unwrap()
                .id
                .clone();
            extensions.find(Some(&id)).unwrap().poll().unwrap();
        }
        assert!(extensions.are_idle());
        extensions.send("INVOKE", b"1");
        assert!(!extensions.are_idle());
        let one = extensions.find(Some(&id)).unwrap();
        assert_eq!(
            (one.take_event(), one.take_event()),
            (Some(b"1".to_vec()), None)
        );
        assert!(!extensions.are_idle());
        extensions.find(Some(&id)).unwrap().poll().unwrap();
        assert!(extensions.are_idle());
        extensions.send("SHUTDOWN", b"end");
        assert!(extensions.are_idle());
    }

    #[test]
    fn errors_are_accepted_in_the_right_state() {
        let mut extensions = ExtensionRegistry::new(false);
        let id = extensions.register("one", &[]).unwrap();
        let mut act = |verb: &str| {
            let extension = extensions.find(Some(&id)).unwrap();
            let result = match verb {
                "next" => extension.poll(),
                "init" => {
                    extension.report_error(ExtensionState::InitError, "Extension.Odd", Vec::new())
                }
                _ => extension.report_error(ExtensionState::ExitError, "Extension.Odd", Vec::new()),
            };
            result.map_err(|error| error.message)
        };
        assert_eq!(act("next"), Ok(()));
        let refused = |from: &str, to: &str| {
            Err(format!(
                "State transition from {from} to {to} failed for extension one. \
                 Error: State transition is not allowed"
            ))
        };
        assert_eq!(act("init"), refused("Ready", "InitError"));
        assert_eq!(act("exit"), Ok(()));
        assert_eq!(act("exit"), Ok(()));
        assert_eq!(act("next"), refused("ExitError", "Ready"));
        assert_eq!(act("init"), refused("ExitError", "InitError"));
    }
}
