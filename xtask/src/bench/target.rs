//! The proxies that are compared, each started before the first round and ended after the last.
//!
//! A target that does not start or refuses a kind of call is reported as such, never left out in silence.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cell::Upstream;
use super::client::Endpoint;
use super::place::{Place, Running, free_port};
use super::usage::Processes;
use crate::failure::Failure;
use crate::machine;
use crate::test::install_debian;

/// What stands between the client and the upstream server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Direct,
    /// nginx as a plain reverse proxy.
    Nginx,
    /// The crate `mcp-proxy`, which routes and checks nothing.
    McpProxy,
    /// Ringfence with policy, scanning and journal on.
    Ringfence,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Direct, Self::Nginx, Self::McpProxy, Self::Ringfence];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::McpProxy => "mcp-proxy",
            Self::Ringfence => "ringfence",
        }
    }
}

/// A target that runs.
pub(crate) struct Target {
    pub(crate) kind: Kind,
    http: Result<Way, String>,
    stdio: Result<Way, String>,
    // Dropped last to first: each ends its process.
    running: Vec<Running>,
}

/// How one upstream server is reached, and by which processes.
struct Way {
    endpoint: Endpoint,
    /// Index into the running processes; none for the direct way.
    process: Option<usize>,
}

impl Target {
    /// Starts the target in front of the fixture that listens on `upstream`.
    pub(crate) fn start(kind: Kind, upstream: u16, place: &Place) -> Result<Self, Failure> {
        match kind {
            Kind::Direct => Ok(Self::direct(upstream)),
            Kind::Nginx => Self::nginx(upstream, place),
            Kind::McpProxy => Self::mcp_proxy(upstream, place),
            Kind::Ringfence => Self::ringfence(upstream, place),
        }
    }

    /// The way to the upstream server of this kind, or why there is none.
    pub(crate) fn way(&self, upstream: Upstream) -> Result<(&Endpoint, Option<Processes>), &str> {
        let way = match upstream {
            Upstream::Http => &self.http,
            Upstream::Stdio => &self.stdio,
        };
        let way = way.as_ref().map_err(String::as_str)?;
        let process = way.process.and_then(|index| self.running.get(index));
        Ok((&way.endpoint, process.map(|process| Processes::below(process.number()))))
    }

    /// All its processes.
    pub(crate) fn processes(&self) -> Vec<Processes> {
        self.running.iter().map(|process| Processes::below(process.number())).collect()
    }

    /// The processes that were started, without what they started.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.running.iter().map(Running::number)
    }

    fn direct(upstream: u16) -> Self {
        let stdio = Err("a client cannot share a pipe".to_owned());
        Self {
            kind: Kind::Direct,
            http: Ok(Way::new(upstream, "/mcp", "echo", None)),
            stdio,
            running: Vec::new(),
        }
    }

    fn nginx(upstream: u16, place: &Place) -> Result<Self, Failure> {
        let path = machine::path_with(&[PathBuf::from("/usr/sbin")]);
        if !machine::works(machine::program("nginx").arg("-v").env("PATH", &path)) {
            install_debian(&["nginx-light"])?;
        }
        let port = free_port()?;
        let text = machine::read_text(&place.repository().join("bench/nginx.conf"))?
            .replace("LISTEN", &port.to_string())
            .replace("UPSTREAM", &upstream.to_string());
        let home = place.folder("nginx")?;
        machine::write(&home.join("nginx.conf"), &text)?;
        let mut command = machine::program("nginx");
        command
            .arg("-p")
            .arg(&home)
            .args(["-e", "stderr", "-c"])
            .arg(home.join("nginx.conf"))
            .env("PATH", &path);
        let running = Running::start(command, &home, port)?;
        let stdio = Err("it speaks HTTP only".to_owned());
        Ok(Self {
            kind: Kind::Nginx,
            http: Ok(Way::new(port, "/mcp", "echo", Some(0))),
            stdio,
            running: vec![running],
        })
    }

    /// One process for each upstream server, so that each is measured alone.
    fn mcp_proxy(upstream: u16, place: &Place) -> Result<Self, Failure> {
        let program = place.mcp_proxy()?;
        let backends = [
            format!("transport = \"http\"\nurl = \"http://127.0.0.1:{upstream}/mcp\"\n"),
            format!(
                "transport = \"stdio\"\ncommand = {:?}\nargs = [\"fixture\", \"--stdio\"]\n",
                place.this_program()
            ),
        ];
        let mut running = Vec::new();
        let mut ways = Vec::new();
        for (index, backend) in backends.iter().enumerate() {
            let port = free_port()?;
            let home = place.folder(&format!("mcp-proxy-{index}"))?;
            // At its default level it logs every call.
            let text = format!(
                "[observability]\nlog_level = \"warn\"\n[proxy]\nname = \"bench\"\n[proxy.listen]\nhost = \"127.0.0.1\"\nport = {port}\n\
                 [[backends]]\nname = \"up\"\n{backend}"
            );
            machine::write(&home.join("proxy.toml"), &text)?;
            let mut command = machine::program(&program);
            command.arg("--config").arg(home.join("proxy.toml"));
            running.push(Running::start(command, &home, port)?);
            ways.push(Way::new(port, "/", "up/echo", Some(index)));
        }
        let mut ways = ways.into_iter().map(Ok);
        let none = || Err("not started".to_owned());
        let (http, stdio) = (ways.next().unwrap_or_else(none), ways.next().unwrap_or_else(none));
        Ok(Self { kind: Kind::McpProxy, http, stdio, running })
    }

    fn ringfence(upstream: u16, place: &Place) -> Result<Self, Failure> {
        let home = place.folder("ringfence")?;
        Self::ringfence_below(None, &home, upstream, place)
    }

    /// Ringfence as `below` runs it: a program that takes another one and its arguments.
    pub(super) fn ringfence_below(
        below: Option<Command>,
        home: &Path,
        upstream: u16,
        place: &Place,
    ) -> Result<Self, Failure> {
        let port = free_port()?;
        let config = format!(
            concat!(
                "version: 1\n",
                "policy: {{ mode: strict, presets: [standard] }}\n",
                "servers:\n",
                "  http:\n",
                "    url: http://127.0.0.1:{upstream}/mcp\n",
                "    share: all\n",
                "    tools: {{ \"*\": {{ effects: [read] }} }}\n",
                "  stdio:\n",
                "    command: {program:?}\n",
                "    args: [fixture, --stdio]\n",
                "    share: all\n",
                "    tools: {{ \"*\": {{ effects: [read] }} }}\n",
            ),
            upstream = upstream,
            program = place.this_program()
        );
        machine::write(&home.join("ringfence.yaml"), &config)?;
        let mut command = place.ringfence_command(home, port)?;
        command.arg("--config").arg(home.join("ringfence.yaml"));
        if let Some(below) = below {
            command = machine::within(below, &command);
        }
        let running = Running::start(command, home, port)?;
        let way = |server: &str| Ok(Way::new(port, &format!("/servers/{server}/mcp"), "echo", Some(0)));
        Ok(Self { kind: Kind::Ringfence, http: way("http"), stdio: way("stdio"), running: vec![running] })
    }
}

impl Way {
    fn new(port: u16, path: &str, tool: &str, process: Option<usize>) -> Self {
        Self { endpoint: Endpoint { port, path: path.to_owned(), tool: tool.to_owned() }, process }
    }
}
