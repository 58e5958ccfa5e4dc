//! Which published package a configured command runs.
//!
//! Must never guess: a command line with anything in it that could change where the code comes from names no package.

/// A package of one of the registries, without its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Package {
    /// By its npm name.
    Npm(String),
    /// By its PyPI name.
    PyPi(String),
    /// By a Python module, `python -m`.
    Module(String),
    /// A program by its own name, installed by the operator.
    Program(String),
}

/// Options of the runners that neither take a value nor change what is run.
const HARMLESS: [&str; 9] = [
    "-y",
    "--yes",
    "-q",
    "--quiet",
    "--offline",
    "--prefer-offline",
    "--isolated",
    "--no-cache",
    "--refresh",
];

/// The package that `command` with `args` runs, where that is beyond doubt.
pub(super) fn of(command: &str, args: &[String]) -> Option<Package> {
    let program = command.rsplit('/').next().unwrap_or(command);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match (program, args.as_slice()) {
        ("npx" | "bunx" | "pnpx", rest)
        | ("npm", ["exec", rest @ ..])
        | ("pnpm" | "yarn", ["dlx", rest @ ..])
        | ("bun", ["x", rest @ ..]) => run(rest, &["-p", "--package"], &[]).map(Package::npm),
        ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) => {
            run(rest, &["--from"], &["-p", "--python"]).map(Package::pypi)
        }
        ("pipx", ["run", rest @ ..]) => run(rest, &["--spec"], &["--python"]).map(Package::pypi),
        ("node", [script, ..]) => installed(script).map(Package::npm),
        (python, ["-m", module, ..]) if is_python(python) => Some(Package::Module((*module).to_owned())),
        (python, ["-u", "-m", module, ..]) if is_python(python) => {
            Some(Package::Module((*module).to_owned()))
        }
        _ => Some(Package::Program(program.to_owned())),
    }
}

impl Package {
    fn npm(spec: &str) -> Self {
        // `@scope/name@version`: the first `@` belongs to the name.
        let at = spec.char_indices().skip(1).find(|(_, character)| *character == '@').map(|(at, _)| at);
        Self::Npm(at.and_then(|at| spec.get(..at)).unwrap_or(spec).to_owned())
    }

    fn pypi(spec: &str) -> Self {
        // A direct reference (`name @ git+https://…`) keeps its `@` and so matches nothing.
        let name = match spec.split_once('@') {
            Some((name, version)) if !version.contains([':', '/', ' ']) => name,
            Some(_) => spec,
            None => spec.split(['=', '<', '>', '~', '!', '[']).next().unwrap_or(spec),
        };
        // PEP 503: runs of `-`, `_` and `.` are one `-`, case does not count.
        Self::PyPi(name.to_lowercase().replace(['_', '.'], "-"))
    }
}

/// The package argument of a runner: the value of one of the options `from`, else the first positional argument.
/// `None` when an option is not known to be harmless.
fn run<'a>(args: &[&'a str], from: &[&str], with_value: &[&str]) -> Option<&'a str> {
    let mut package = None;
    let mut rest = args.iter().copied();
    while let Some(arg) = rest.next() {
        if !arg.starts_with('-') || arg == "--" {
            let program = if arg == "--" { rest.next()? } else { arg };
            return package.map_or(Some(program), |package| named_alike(package, program).then_some(package));
        }
        let (option, inline) =
            arg.split_once('=').map_or((arg, None), |(option, value)| (option, Some(value)));
        if from.contains(&option) {
            let value = inline.or_else(|| rest.next())?;
            if package.replace(value).is_some() {
                return None;
            }
        } else if with_value.contains(&option) {
            inline.or_else(|| rest.next())?;
        } else if !HARMLESS.contains(&arg) {
            return None;
        }
    }
    None
}

/// With a package option the positional argument is a program, and another package may bring one of any name: only
/// the package's own is taken (`mcp-server-git`, `mcp-server-filesystem` of `@modelcontextprotocol/server-filesystem`).
fn named_alike(package: &str, program: &str) -> bool {
    let bare = match Package::npm(package) {
        Package::Npm(name) => name.rsplit('/').next().unwrap_or_default().to_owned(),
        Package::PyPi(_) | Package::Module(_) | Package::Program(_) => return false,
    };
    let bare = bare.split(['=', '<', '>', '~', '!', '[']).next().unwrap_or_default();
    bare == program || program.strip_prefix("mcp-") == Some(bare)
}

/// The package that owns a script below `node_modules`.
fn installed(script: &str) -> Option<&str> {
    let (_, inside) = script.rsplit_once("node_modules/")?;
    let parts = if inside.starts_with('@') { 2 } else { 1 };
    let end = inside.match_indices('/').nth(parts - 1).map_or(inside.len(), |(at, _)| at);
    inside.get(..end)
}

fn is_python(program: &str) -> bool {
    program
        .strip_prefix("python")
        .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}
