//! The Extensions API as a state machine: which extensions may register, which events each gets, and when
//! it is idle. No socket, no clock.

use std::collections::VecDeque;

use crate::emulator::report::uuid;

/// Most extensions of one function, internal and external.
const EXTENSIONS_MAX: usize = 10;

/// The state of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtensionState {
    /// Its process runs and has not registered.
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

impl ExtensionState {
    /// Returns the name that AWS's servers use in messages about refused calls.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ExtensionState::Started => "Started",
            ExtensionState::Registered => "Registered",
            ExtensionState::Ready => "Ready",
            ExtensionState::Running => "Running",
            ExtensionState::InitError => "InitError",
            ExtensionState::ExitError => "ExitError",
            ExtensionState::Exited => "Exited",
        }
    }
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
        let (from, to) = (from.name(), to.name());
        let message = format!(
            "State transition from {from} to {to} failed for extension {name}. \
             Error: State transition is not allowed"
        );
        ExtensionCallError::new("Extension.InvalidExtensionState", message)
    }
}

/// One extension.
#[derive(Debug)]
pub(crate) struct RegisteredExtension {
    pub(crate) name: String,
    /// Its identifier; empty before it has registered.
    id: String,
    /// Whether it has a process of its own.
    is_external: bool,
    wants_invoke: bool,
    pub(crate) wants_shutdown: bool,
    pub(crate) state: ExtensionState,
    /// Events that it has not got yet, as JSON.
    events: VecDeque<Vec<u8>>,
    /// The error that it has reported: its type and its document.
    error: Option<(String, Vec<u8>)>,
}

/// All extensions of an execution environment.
#[derive(Debug)]
pub(crate) struct ExtensionRegistry {
    extensions: Vec<RegisteredExtension>,
    /// Whether more may register. The runtime's first `next` ends that.
    is_open: bool,
    /// Whether this is a Managed Instance, whose extensions do not get INVOKE events.
    is_concurrent: bool,
}

impl ExtensionRegistry {
    pub(crate) fn new(is_concurrent: bool) -> ExtensionRegistry {
        ExtensionRegistry {
            extensions: Vec::new(),
            is_open: true,
            is_concurrent,
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = ExtensionRegistry::new(self.is_concurrent);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RegisteredExtension> {
        self.extensions.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.extensions.is_empty()
    }

    /// Refuses further registrations.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// Adds an external extension whose process is being started.
    pub(crate) fn add_external(&mut self, name: &str) {
        self.extensions.push(RegisteredExtension {
            name: name.to_owned(),
            id: String::new(),
            is_external: true,
            wants_invoke: false,
            wants_shutdown: false,
            state: ExtensionState::Started,
            events: VecDeque::new(),
            error: None,
        });
    }

    /// Registers an extension for the events that it names. Returns its identifier.
    pub(crate) fn register(
        &mut self,
        name: &str,
        events: &[String],
    ) -> Result<String, ExtensionCallError> {
        if name.is_empty() {
            return Err(ExtensionCallError::new(
                "Extension.InvalidExtensionName",
                "Empty extension name",
            ));
        }
        if !self.is_open {
            return Err(ExtensionCallError::new(
                "Extension.RegistrationClosed",
                "Extension registration closed already",
            ));
        }
        let known = self.extensions.iter_mut().find(|known| known.name == name);
        let is_external = known.as_ref().is_some_and(|known| known.is_external);
        match known.as_ref().map(|known| known.state) {
            None | Some(ExtensionState::Started) => {}
            Some(from) if is_external => {
                let to = ExtensionState::Registered;
                return Err(ExtensionCallError::transition(from, to, name));
            }
            Some(_) => {
                return Err(ExtensionCallError::new(
                    "Extension.InvalidExtensionState",
                    "Extension with this name already registered",
                ));
            }
        }
        let (wants_invoke, wants_shutdown) =
            wanted_events(events, self.is_concurrent, is_external)?;
        let id = uuid();
        let extension = RegisteredExtension {
            name: name.to_owned(),
            id: id.clone(),
            is_external,
            wants_invoke,
            wants_shutdown,
            state: ExtensionState::Registered,
            events: VecDeque::new(),
            error: None,
        };
        if let Some(known) = known {
            *known = extension;
        } else if self.extensions.len() < EXTENSIONS_MAX {
            self.extensions.push(extension);
        } else {
            let message = format!("Extension limit ({EXTENSIONS_MAX}) reached");
            return Err(ExtensionCallError::new(
                "Extension.TooManyExtensions",
                message,
            ));
        }
        Ok(id)
    }

    /// Returns the extension with the identifier `id`.
    pub(crate) fn find(
        &mut self,
        id: Option<&str>,
    ) -> Result<&mut RegisteredExtension, ExtensionCallError> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Err(ExtensionCallError::new(
                "Extension.MissingExtensionIdentifier",
                "Missing Lambda-Extension-Identifier header",
            ));
        };
        let is_uuid = id.len() == 36
            && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        if !is_uuid {
            return Err(ExtensionCallError::new(
                "Extension.InvalidExtensionIdentifier",
                "Invalid Lambda-Extension-Identifier",
            ));
        }
        let found = self.extensions.iter_mut().find(|known| known.id == id);
        found.ok_or_else(|| {
            let message = format!("Unknown extension {id}");
            ExtensionCallError::new("Extension.UnknownExtensionIdentifier", message)
        })
    }

    /// Returns whether every external extension has registered, so that the runtime may start.
    pub(crate) fn are_registered(&self) -> bool {
        let mut extensions = self.extensions.iter();
        extensions.all(|extension| extension.state != ExtensionState::Started)
    }

    /// Returns whether every extension waits for an event and has none coming.
    pub(crate) fn are_idle(&self) -> bool {
        self.extensions
            .iter()
            .all(|extension| match extension.state {
                ExtensionState::Ready => extension.events.is_empty(),
                ExtensionState::InitError | ExtensionState::ExitError | ExtensionState::Exited => {
                    true
                }
                ExtensionState::Started | ExtensionState::Registered | ExtensionState::Running => {
                    false
                }
            })
    }

    /// Sends an event to the extensions that want INVOKE events.
    pub(crate) fn send_invoke(&mut self, event: &[u8]) {
        let extensions = self.extensions.iter_mut().filter(|e| e.wants_invoke);
        extensions.for_each(|extension| extension.events.push_back(event.to_vec()));
    }

    /// Sends an event to the extensions that want SHUTDOWN events.
    pub(crate) fn send_shutdown(&mut self, event: &[u8]) {
        let extensions = self.extensions.iter_mut().filter(|e| e.wants_shutdown);
        extensions.for_each(|extension| extension.events.push_back(event.to_vec()));
    }

    /// Notes that the process of extension `name` has ended.
    pub(crate) fn set_exited(&mut self, name: &str) {
        let mut extensions = self.extensions.iter_mut();
        if let Some(extension) = extensions.find(|e| e.is_external && e.name == name) {
            extension.state = ExtensionState::Exited;
        }
    }

    /// Returns the first error that an extension has reported: the extension's state, and the error's
    /// type and document.
    pub(crate) fn error(&self) -> Option<(ExtensionState, &(String, Vec<u8>))> {
        let mut extensions = self.extensions.iter();
        extensions.find_map(|extension| Some((extension.state, extension.error.as_ref()?)))
    }
}

/// Returns whether INVOKE and SHUTDOWN are among the events of a registration.
fn wanted_events(
    events: &[String],
    is_concurrent: bool,
    is_external: bool,
) -> Result<(bool, bool), ExtensionCallError> {
    let (mut wants_invoke, mut wants_shutdown) = (false, false);
    for event in events {
        let problem = match event.as_str() {
            "INVOKE" if is_concurrent => "InvokeEventNotSupported",
            "INVOKE" => {
                wants_invoke = true;
                continue;
            }
            "SHUTDOWN" if !is_external => "ShutdownEventNotSupportedForInternalExtension",
            "SHUTDOWN" => {
                wants_shutdown = true;
                continue;
            }
            _ => "ErrorInvalidEventType",
        };
        let message = format!("{event}: {problem}");
        return Err(ExtensionCallError::new(
            "Extension.InvalidEventType",
            message,
        ));
    }
    Ok((wants_invoke, wants_shutdown))
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

    /// Handles a call of `init/error` or `exit/error`, which lead to the state `to`. The same call again
    /// is no error.
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
        self.error = Some((error_type.to_owned(), document));
        Ok(())
    }

    /// Returns the names of the events that the extension gets.
    pub(crate) fn event_names(&self) -> Vec<&'static str> {
        let invoke = self.wants_invoke.then_some("INVOKE");
        let shutdown = self.wants_shutdown.then_some("SHUTDOWN");
        invoke.into_iter().chain(shutdown).collect()
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
        extensions.close();
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
                .extensions
                .iter()
                .find(|e| e.name == name)
                .unwrap()
                .id
                .clone();
            extensions.find(Some(&id)).unwrap().poll().unwrap();
        }
        assert!(extensions.are_idle());
        extensions.send_invoke(b"1");
        assert!(!extensions.are_idle());
        let one = extensions.find(Some(&id)).unwrap();
        assert_eq!(
            (one.take_event(), one.take_event()),
            (Some(b"1".to_vec()), None)
        );
        assert!(!extensions.are_idle());
        extensions.find(Some(&id)).unwrap().poll().unwrap();
        assert!(extensions.are_idle());
        extensions.send_shutdown(b"end");
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
