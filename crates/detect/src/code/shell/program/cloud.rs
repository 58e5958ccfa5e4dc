//! Programs that manage clouds, clusters and containers, judged by the verb of their sub-command. Must never take a verb
//! that it does not know for one that only reads.

use crate::code::rule::{self, Rule};
use crate::code::shell::expand::UNKNOWN;
use crate::code::shell::machine::{Call, Machine, Stream};

const PROGRAMS: &[&str] = &[
    "aws",
    "gcloud",
    "az",
    "gsutil",
    "doctl",
    "heroku",
    "flyctl",
    "fly",
    "kubectl",
    "oc",
    "helm",
    "terraform",
    "tofu",
    "pulumi",
    "cdk",
    "vault",
    "consul",
    "nomad",
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "vercel",
    "netlify",
    "wrangler",
    "firebase",
    "supabase",
    "eksctl",
    "kops",
    "ansible",
    "ansible-playbook",
    "serverless",
    "sls",
    "sam",
    "mc",
    "s3cmd",
    "s5cmd",
    "b2",
    "oci",
    "ibmcloud",
    "linode-cli",
    "hcloud",
    "scw",
    "railway",
    "render",
    "argocd",
    "flux",
    "istioctl",
    "velero",
    "restic",
    "borg",
    "kind",
    "minikube",
    "k3d",
    "vagrant",
    "virsh",
    "VBoxManage",
    "multipass",
    "lxc",
    "op",
    "bw",
    "doppler",
    "stripe",
    "sfdx",
    "sf",
    "databricks",
    "dbt",
    "airflow",
    "prefect",
    "dvc",
    "mlflow",
    "crictl",
    "ctr",
    "buildah",
    "skopeo",
    "k9s",
    "stern",
];

/// Verbs that take away, wherever in the sub-command they stand.
const DELETES: &[&str] = &[
    "delete",
    "destroy",
    "rm",
    "rb",
    "rmi",
    "remove",
    "purge",
    "prune",
    "drop",
    "uninstall",
    "terminate",
    "down",
    "drain",
    "wipe",
    "reset",
    "flush",
    "del",
    "undefine",
    "nuke",
    "kill",
    "forget",
    "deregister",
    "apps:destroy",
    "pg:reset",
    "disable",
    "unseal",
    "delete-stack",
    "cleanup",
    "force-unlock",
    "taint",
];

/// Verbs that read.
const READS: &[&str] = &[
    "get",
    "list",
    "ls",
    "describe",
    "show",
    "status",
    "version",
    "info",
    "logs",
    "log",
    "diff",
    "plan",
    "validate",
    "top",
    "explain",
    "ps",
    "images",
    "inspect",
    "events",
    "history",
    "search",
    "whoami",
    "help",
    "output",
    "fmt",
    "graph",
    "providers",
    "lint",
    "template",
    "config",
    "cluster-info",
    "api-resources",
    "api-versions",
    "auth",
    "stats",
    "port",
    "current-context",
    "get-contexts",
    "view",
    "snapshots",
    "check",
    "verify",
    "preview",
    "stack",
    "dumpxml",
    "cat",
    "du",
    "stat",
    "head",
    "tail",
    "doctor",
    "env",
    "projects",
    "accounts",
    "--version",
    "-v",
    "completion",
    "wait",
    "sts",
    "find",
    "dig",
    "tree",
    "size",
    "build",
    "compose",
    "buildx",
    "init",
    "context",
    "network",
    "volume",
    "image",
    "container",
    "system",
    "df",
    "pull",
    "search",
    "synth",
    "docs",
];

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    if !PROGRAMS.contains(&call.name) {
        return None;
    }
    if let Some(rule) = judge(call) {
        machine.findings.add(rule, call.span.clone());
    }
    Some(Stream::Unknown)
}

fn judge(call: &Call<'_>) -> Option<&'static Rule> {
    let dry = call.arguments.iter().any(|argument| {
        argument.starts_with("--dry-run") && argument != "--dry-run=none"
            || matches!(argument.as_str(), "--dryrun" | "--help" | "-h" | "--what-if" | "--check")
    });
    if dry {
        return None;
    }
    let words: Vec<&str> =
        call.arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    // Names of resources may be any word: only the first few are the sub-command.
    let depth = match call.name {
        "aws" | "docker" | "podman" | "nerdctl" | "docker-compose" | "helm" | "vault" | "consul"
        | "pulumi" => 2,
        "kubectl" | "oc" | "terraform" | "tofu" | "gsutil" | "restic" | "borg" | "virsh" | "vagrant"
        | "cdk" => 1,
        _ => 4,
    };
    let verbs = words.get(..words.len().min(depth)).unwrap_or_default();
    if verbs.iter().any(|verb| verb.contains(UNKNOWN)) {
        return Some(&rule::UNRESOLVED_COMMAND);
    }
    let option = |name: &str| {
        call.arguments.iter().any(|argument| argument == name || argument.starts_with(&format!("{name}=")))
    };
    let deletes = verbs.iter().any(|verb| {
        let verb = verb.to_ascii_lowercase();
        DELETES.contains(&verb.as_str())
            || [
                "delete-",
                "terminate-",
                "remove-",
                "destroy-",
                "deregister-",
                "purge-",
                "disable-",
                "batch-delete",
                "detach-",
                "revoke-",
                "stop-",
                "reset-",
                "schedule-key-deletion",
            ]
            .iter()
            .any(|start| verb.starts_with(start))
            || verb.ends_with(":destroy")
            || verb.ends_with(":delete")
            || verb.ends_with(":reset")
            || verb.ends_with(":remove")
    });
    // A container that ends or a cluster on this machine is no remote resource.
    let local =
        matches!(call.name, "docker" | "podman" | "nerdctl" | "docker-compose" | "kind" | "minikube" | "k3d");
    let volumes = words.contains(&"volume") || option("-v") || option("--volumes");
    let forced = option("-f") || option("--force");
    if deletes {
        return Some(if local && !volumes && !forced { &rule::CLOUD_CHANGE } else { &rule::CLOUD_DELETE });
    }
    match (call.name, verbs.first().copied().unwrap_or_default()) {
        ("terraform" | "tofu" | "pulumi", "apply" | "up")
            if option("-auto-approve") || option("--auto-approve") || option("--yes") || option("-y") =>
        {
            Some(&rule::CLOUD_DELETE)
        }
        ("terraform" | "tofu", "state")
            if verbs
                .iter()
                .chain(words.get(1..2).unwrap_or_default())
                .any(|verb| matches!(*verb, "rm" | "mv" | "push")) =>
        {
            Some(&rule::CLOUD_DELETE)
        }
        ("aws", "s3") if verbs.get(1) == Some(&"sync") && option("--delete") => Some(&rule::SYNC_DELETE),
        ("kubectl" | "oc", "replace") if option("--force") => Some(&rule::CLOUD_DELETE),
        ("kubectl" | "oc", "scale")
            if option("--replicas") && call.arguments.iter().any(|argument| argument == "--replicas=0") =>
        {
            Some(&rule::CLOUD_DELETE)
        }
        ("vault" | "op" | "bw" | "doppler", _)
            if words.iter().take(2).any(|verb| matches!(*verb, "read" | "get" | "download")) =>
        {
            Some(&rule::SECRET_FETCH)
        }
        ("gcloud", "auth") if verbs.get(1).is_some_and(|verb| verb.starts_with("print-")) => {
            Some(&rule::SECRET_FETCH)
        }
        ("vercel" | "heroku" | "railway" | "netlify", "env" | "config" | "variables" | "env:pull") => {
            Some(&rule::SECRET_FETCH)
        }
        ("vault" | "op" | "bw" | "doppler", _)
            if words.iter().take(2).any(|verb| matches!(*verb, "list" | "lookup" | "status")) =>
        {
            None
        }
        ("kubectl" | "oc", "get")
            if words.iter().skip(1).any(|word| matches!(*word, "secret" | "secrets"))
                && (option("-o") || option("-oyaml") || option("-ojson")) =>
        {
            Some(&rule::SECRET_FETCH)
        }
        ("aws", "secretsmanager" | "ssm")
            if words.get(1).is_some_and(|verb| {
                verb.starts_with("get-secret-value") || verb.starts_with("get-parameter")
            }) =>
        {
            Some(&rule::SECRET_FETCH)
        }
        (_, first) => {
            let reads = verbs.is_empty()
                || READS.contains(&first)
                || verbs.iter().any(|verb| {
                    READS.contains(verb)
                        || verb.starts_with("list-")
                        || verb.starts_with("describe-")
                        || verb.starts_with("get-")
                });
            (!reads).then_some(&rule::CLOUD_CHANGE)
        }
    }
}
