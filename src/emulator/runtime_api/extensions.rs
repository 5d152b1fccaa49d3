//! The Extensions API as a state machine: who may register, what each hears, and when it is idle. No socket, no clock.

use std::collections::VecDeque;

use crate::emulator::report::uuid;

/// Extensions of one function, of both kinds together.
const EXTENSIONS_MAX: usize = 10;

/// Where an extension is. The names appear in the messages of refused calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its process runs, and has not registered.
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

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::Started => "Started",
            Phase::Registered => "Registered",
            Phase::Ready => "Ready",
            Phase::Running => "Running",
            Phase::InitError => "InitError",
            Phase::ExitError => "ExitError",
            Phase::Exited => "Exited",
        }
    }
}

/// Why a call is refused; all of them are 403.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error_type: &'static str,
    pub(crate) message: String,
}

fn refusal(error_type: &'static str, message: impl Into<String>) -> Refusal {
    let message = message.into();
    Refusal {
        error_type,
        message,
    }
}

/// One extension.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) name: String,
    /// What it identifies itself with, once it has registered.
    pub(crate) id: String,
    /// It has a process of its own.
    pub(crate) is_external: bool,
    pub(crate) hears_invoke: bool,
    pub(crate) hears_shutdown: bool,
    pub(crate) phase: Phase,
    /// Events that it has not been given yet, as JSON.
    events: VecDeque<Vec<u8>>,
    /// What it has reported: the kind of error, and its document.
    pub(crate) error: Option<(String, Vec<u8>)>,
}

/// All extensions of an execution environment.
#[derive(Debug)]
pub(crate) struct Extensions {
    list: Vec<Extension>,
    /// Whether others may still register; the runtime's first `next` ends that.
    is_open: bool,
    /// Managed Instances restrict what can be heard.
    concurrent: bool,
}

impl Extensions {
    pub(crate) fn new(concurrent: bool) -> Extensions {
        Extensions {
            list: Vec::new(),
            is_open: true,
            concurrent,
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Extensions::new(self.concurrent);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Extension> {
        self.list.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Nobody else may register.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    /// The process of an external extension has been started.
    pub(crate) fn launched(&mut self, name: &str) {
        self.list.push(Extension {
            name: name.to_owned(),
            id: String::new(),
            is_external: true,
            hears_invoke: false,
            hears_shutdown: false,
            phase: Phase::Started,
            events: VecDeque::new(),
            error: None,
        });
    }

    /// `register` has come; its answer is the new identifier.
    pub(crate) fn register(&mut self, name: &str, events: &[String]) -> Result<String, Refusal> {
        if name.is_empty() {
            return Err(refusal(
                "Extension.InvalidExtensionName",
                "Empty extension name",
            ));
        }
        if !self.is_open {
            let message = "Extension registration closed already";
            return Err(refusal("Extension.RegistrationClosed", message));
        }
        let position = self
            .list
            .iter()
            .position(|extension| extension.name == name);
        let is_external = position
            .and_then(|at| self.list.get(at))
            .is_some_and(|known| known.is_external);
        let phase = position
            .and_then(|at| self.list.get(at))
            .map(|known| known.phase);
        match phase {
            None | Some(Phase::Started) => {}
            Some(from) if is_external => {
                return Err(not_allowed(from, Phase::Registered, name));
            }
            Some(_) => {
                let message = "Extension with this name already registered";
                return Err(refusal("Extension.InvalidExtensionState", message));
            }
        }
        let (mut hears_invoke, mut hears_shutdown) = (false, false);
        for event in events {
            let problem = match event.as_str() {
                "INVOKE" if self.concurrent => "InvokeEventNotSupported",
                "INVOKE" => {
                    hears_invoke = true;
                    continue;
                }
                "SHUTDOWN" if !is_external => "ShutdownEventNotSupportedForInternalExtension",
                "SHUTDOWN" => {
                    hears_shutdown = true;
                    continue;
                }
                _ => "ErrorInvalidEventType",
            };
            return Err(refusal(
                "Extension.InvalidEventType",
                format!("{event}: {problem}"),
            ));
        }
        if position.is_none() {
            if self.list.len() >= EXTENSIONS_MAX {
                let message = format!("Extension limit ({EXTENSIONS_MAX}) reached");
                return Err(refusal("Extension.TooManyExtensions", message));
            }
            self.launched(name);
        }
        let id = uuid();
        if let Some(extension) = self
            .list
            .iter_mut()
            .find(|extension| extension.name == name)
        {
            extension.id.clone_from(&id);
            extension.is_external = is_external;
            extension.hears_invoke = hears_invoke;
            extension.hears_shutdown = hears_shutdown;
            extension.phase = Phase::Registered;
        }
        Ok(id)
    }

    /// The extension that identifies itself with `id`.
    pub(crate) fn identified(&mut self, id: Option<&str>) -> Result<&mut Extension, Refusal> {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            let message = "Missing Lambda-Extension-Identifier header";
            return Err(refusal("Extension.MissingExtensionIdentifier", message));
        };
        let is_uuid = id.len() == 36
            && id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        if !is_uuid {
            let message = "Invalid Lambda-Extension-Identifier";
            return Err(refusal("Extension.InvalidExtensionIdentifier", message));
        }
        self.list
            .iter_mut()
            .find(|extension| extension.id == id)
            .ok_or_else(|| {
                let message = format!("Unknown extension {id}");
                refusal("Extension.UnknownExtensionIdentifier", message)
            })
    }

    /// Whether every external extension has registered: then the runtime starts.
    pub(crate) fn are_registered(&self) -> bool {
        self.list
            .iter()
            .all(|extension| extension.phase != Phase::Started)
    }

    /// Whether every extension waits for an event and has none coming.
    pub(crate) fn are_idle(&self) -> bool {
        self.list.iter().all(|extension| {
            extension.phase == Phase::Ready && extension.events.is_empty() || !extension.is_alive()
        })
    }

    /// Gives an event to those who hear of invocations.
    pub(crate) fn invoke(&mut self, event: &[u8]) {
        for extension in self
            .list
            .iter_mut()
            .filter(|extension| extension.hears_invoke)
        {
            extension.events.push_back(event.to_vec());
        }
    }

    /// Gives an event to those who hear of the end.
    pub(crate) fn shut_down(&mut self, event: &[u8]) {
        for extension in self
            .list
            .iter_mut()
            .filter(|extension| extension.hears_shutdown)
        {
            extension.events.push_back(event.to_vec());
        }
    }

    /// The process of extension `name` has ended.
    pub(crate) fn exited(&mut self, name: &str) {
        for extension in self
            .list
            .iter_mut()
            .filter(|e| e.is_external && e.name == name)
        {
            extension.phase = Phase::Exited;
        }
    }

    /// What an extension has reported about itself, if one has.
    pub(crate) fn error(&self) -> Option<(Phase, &(String, Vec<u8>))> {
        self.list
            .iter()
            .find_map(|extension| Some((extension.phase, extension.error.as_ref()?)))
    }
}

impl Extension {
    fn is_alive(&self) -> bool {
        !matches!(
            self.phase,
            Phase::InitError | Phase::ExitError | Phase::Exited
        )
    }

    /// `event/next` has come: the event before it is done with.
    pub(crate) fn poll(&mut self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Registered | Phase::Ready | Phase::Running => {
                self.phase = Phase::Ready;
                Ok(())
            }
            from => Err(not_allowed(from, Phase::Ready, &self.name)),
        }
    }

    /// The event for a call of `event/next` that waits; `None`: not yet.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        let event = self.events.pop_front()?;
        self.phase = Phase::Running;
        Some(event)
    }

    /// `init/error` has come, or `exit/error`; again is no error.
    pub(crate) fn report(
        &mut self,
        to: Phase,
        error_type: &str,
        document: Vec<u8>,
    ) -> Result<(), Refusal> {
        match (self.phase, to) {
            (from, to) if from == to => return Ok(()),
            (Phase::Registered, _) | (Phase::Ready | Phase::Running, Phase::ExitError) => {}
            (from, to) => return Err(not_allowed(from, to, &self.name)),
        }
        self.phase = to;
        self.error = Some((error_type.to_owned(), document));
        Ok(())
    }

    /// The events that it hears, as logs have them: `INVOKE, SHUTDOWN`.
    pub(crate) fn hears(&self) -> Vec<&'static str> {
        let heard = [
            (self.hears_invoke, "INVOKE"),
            (self.hears_shutdown, "SHUTDOWN"),
        ];
        heard
            .iter()
            .filter(|(hears, _)| *hears)
            .map(|(_, name)| *name)
            .collect()
    }
}

fn not_allowed(from: Phase, to: Phase, name: &str) -> Refusal {
    let (from, to) = (from.name(), to.name());
    let message = format!(
        "State transition from {from} to {to} failed for extension {name}. \
         Error: State transition is not allowed"
    );
    refusal("Extension.InvalidExtensionState", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(extensions: &mut Extensions, name: &str, heard: &str, want: Result<(), &str>) {
        let got = extensions.register(name, &events(heard)).map(drop);
        assert_eq!(
            got.as_ref().map_err(|r| r.error_type),
            want.as_ref().map_err(|&e| e),
            "{name}"
        );
    }

    #[test]
    fn who_may_register_and_for_what() {
        let extensions = &mut Extensions::new(false);
        extensions.launched("outside");
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
    fn managed_instances_tell_extensions_of_the_end_only() {
        let extensions = &mut Extensions::new(true);
        extensions.launched("outside");
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
        let mut extensions = Extensions::new(false);
        let id = extensions.register("one", &[]).unwrap();
        let mut check = |id: Option<&str>, want: Result<&str, &str>| {
            let got = extensions
                .identified(id)
                .map(|extension| extension.name.clone());
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
    fn events_come_in_order_and_next_says_that_one_is_done_with() {
        let mut extensions = Extensions::new(false);
        let id = extensions.register("one", &events("INVOKE")).unwrap();
        extensions.register("deaf", &[]).unwrap();
        assert!(!extensions.are_idle());
        for name in ["one", "deaf"] {
            let id = extensions
                .list
                .iter()
                .find(|e| e.name == name)
                .unwrap()
                .id
                .clone();
            extensions.identified(Some(&id)).unwrap().poll().unwrap();
        }
        assert!(extensions.are_idle());
        extensions.invoke(b"1");
        assert!(!extensions.are_idle());
        let one = extensions.identified(Some(&id)).unwrap();
        assert_eq!((one.take(), one.take()), (Some(b"1".to_vec()), None));
        assert!(!extensions.are_idle());
        extensions.identified(Some(&id)).unwrap().poll().unwrap();
        assert!(extensions.are_idle());
        extensions.shut_down(b"end");
        assert!(extensions.are_idle());
    }

    #[test]
    fn errors_are_reported_at_their_time() {
        let mut extensions = Extensions::new(false);
        let id = extensions.register("one", &[]).unwrap();
        let mut act = |verb: &str| {
            let extension = extensions.identified(Some(&id)).unwrap();
            let result = match verb {
                "next" => extension.poll(),
                "init" => extension.report(Phase::InitError, "Extension.Odd", Vec::new()),
                _ => extension.report(Phase::ExitError, "Extension.Odd", Vec::new()),
            };
            result.map_err(|refusal| refusal.message)
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
