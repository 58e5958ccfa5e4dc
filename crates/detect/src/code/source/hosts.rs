//! Hosts that exist to collect what is sent to them, or that say so by their name. Must never look at more of a text
//! than its hosts.

/// Services that show to whoever made them what was sent; tunnels to a machine without a name; bots and channels that
/// take messages with a secret in the address.
const COLLECTING: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "burpcollaborator.net",
    "oastify.com",
    "interact.sh",
    "oast.fun",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oast.online",
    "oast.me",
    "beeceptor.com",
    "hookbin.com",
    "requestcatcher.com",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "serveo.net",
    "localtunnel.me",
    "loca.lt",
    "trycloudflare.com",
    "transfer.sh",
    "file.io",
    "anonfiles.com",
    "0x0.st",
    "termbin.com",
    "paste.ee",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "postb.in",
    "smee.io",
];

/// Words that no honest host has in its name.
const CONFESSING: &[&str] = &[
    "attacker",
    "evil",
    "malicious",
    "exfil",
    "c2server",
    "c2-server",
    "stealer",
    "keylog",
    "hacker",
    "phish",
    "botnet",
];

/// True when an address in `text` leads to such a host.
pub(super) fn collects(text: &str) -> bool {
    let mut rest = text;
    for _ in 0..16 {
        let Some((_, after)) = rest.split_once("://") else { return false };
        let end = after.find(['/', '?', '#', '"', '\'', ' ', '\n']).unwrap_or(after.len()).min(300);
        let authority = after.get(..end).unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let listed = COLLECTING.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
        let says = CONFESSING.iter().any(|word| host.contains(word));
        let path = after.get(end..).unwrap_or_default();
        let hook = matches!(host.as_str(), "discord.com" | "discordapp.com")
            && path.starts_with("/api/webhooks/")
            || host == "pastebin.com" && path.starts_with("/api")
            || host == "api.telegram.org" && path.starts_with("/bot");
        if listed || says || hook {
            return true;
        }
        rest = after;
    }
    false
}
