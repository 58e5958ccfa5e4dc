//! The table of credential kinds, written from the providers' documentation of their formats.
//!
//! A Rust table and not a data file: the compiler checks it, start-up parses nothing, and the crate needs no YAML.
//! Repetitions are open above where the window bounds them, which keeps the automata small.
//! Must never hold a rule without a test row in `secret/tests.rs`.

use ringfence_model::finding::Severity;

use super::locate::{private_key, url_password};
use super::rule::{Anchor, Check, Matcher, Rule};

/// Source hosting, registries, package indexes.
const SOURCE: &[Rule] = &[
    Rule::token(
        "github_token",
        "GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"gh[pousr]_[A-Za-z0-9]{36,}",
    )
    .check(Check::Crc32Base62)
    .encoded(),
    Rule::token(
        "github_fine_grained_token",
        "GitHub fine-grained token",
        &["github_pat_"],
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    )
    .confidence(97)
    .encoded(),
    Rule::token(
        "gitlab_token",
        "GitLab token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-"],
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_.-]{20,}",
    )
    .encoded(),
    Rule::token("bitbucket_token", "Bitbucket app password", &["ATBB"], r"ATBB[A-Za-z0-9]{24}[A-F0-9]{8}\b"),
    Rule::token("npm_token", "npm token", &["npm_"], r"npm_[A-Za-z0-9]{36}\b")
        .check(Check::Crc32Base62)
        .encoded(),
    Rule::token(
        "pypi_token",
        "PyPI token",
        &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"],
        r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,}",
    )
    .confidence(97)
    .encoded(),
    Rule::token("crates_io_token", "crates.io token", &["cio"], r"cio[A-Za-z0-9]{32}\b")
        .check(Check::Entropy(380)),
    Rule::token("rubygems_token", "RubyGems token", &["rubygems_"], r"rubygems_[0-9a-f]{48}\b"),
    Rule::token("nuget_key", "NuGet API key", &["oy2"], r"oy2[a-z0-9]{43}\b").check(Check::Entropy(350)),
    Rule::token(
        "docker_token",
        "Docker Hub token",
        &["dckr_pat_", "dckr_oat_"],
        r"dckr_(?:pat_[A-Za-z0-9_-]{27}|oat_[A-Za-z0-9_-]{32})",
    )
    .encoded(),
    Rule::token(
        "jfrog_token",
        "JFrog token",
        &["AKCp", "cmVmdGtuOj"],
        r"(?:AKCp[A-Za-z0-9]{69}|cmVmdGtuOj[A-Za-z0-9]{54})\b",
    ),
    Rule::token("sonar_token", "SonarQube token", &["squ_", "sqp_", "sqa_"], r"sq[upa]_[0-9a-f]{40}\b"),
    Rule::token(
        "sourcegraph_token",
        "Sourcegraph token",
        &["sgp_"],
        r"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\b",
    ),
    Rule::token("buildkite_token", "Buildkite token", &["bkua_"], r"bkua_[0-9a-f]{40}\b"),
    Rule::token(
        "circleci_token",
        "CircleCI token",
        &["CCIPAT_", "CCIPRJ_"],
        r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}\b",
    ),
];

/// Clouds and their platforms.
const CLOUD: &[Rule] = &[
    Rule::token("aws_key", "AWS access key id", &["AKIA", "ASIA", "ABIA", "ACCA"], r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}\b")
        .check(Check::Entropy(250))
        .encoded(),
    Rule::context(
        "aws_secret_key",
        "AWS secret access key",
        &["aws_secret", "aws-secret", "awssecret", "secret_access_key", "secretaccesskey", "secret access key"],
        r#"(?i)(?:aws.?)?secret(?:.?access)?(?:.?key)?(?:.?id)?["']?\s{0,4}(?:=>?|:=?|,|\sis\s)\s{0,4}["'`]?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
    )
    .check(Check::Entropy(400)),
    Rule::context(
        "aws_session_token",
        "AWS session token",
        &["aws_session_token", "awssessiontoken", "sessiontoken", "x-amz-security-token"],
        r#"(?i)(?:aws_?session_?token|sessiontoken|x-amz-security-token)["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([A-Za-z0-9/+=%]{100,})"#,
    )
    .check(Check::Entropy(450)),
    Rule::token("aws_bedrock_key", "AWS Bedrock API key", &["ABSKQmVkcm9ja0FQSUtleS"], r"ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9+/]{80,}={0,2}"),
    Rule::token("gcp_api_key", "Google API key", &["AIza"], r"AIza[A-Za-z0-9_-]{35}").check(Check::Entropy(350)).encoded(),
    Rule::token("gcp_oauth_secret", "Google OAuth client secret", &["GOCSPX-"], r"GOCSPX-[A-Za-z0-9_-]{28}"),
    Rule::token("gcp_access_token", "Google OAuth access token", &["ya29."], r"ya29\.[A-Za-z0-9_-]{30,}"),
    Rule::context(
        "azure_storage_key",
        "Azure storage or Cosmos DB account key",
        &["accountkey="],
        r"(?i)accountkey=([A-Za-z0-9+/]{86}==)",
    )
    .confidence(97),
    Rule::context(
        "azure_shared_access_key",
        "Azure Service Bus, Event Hubs or IoT key",
        &["sharedaccesskey="],
        r"(?i)sharedaccesskey=([A-Za-z0-9+/]{43}=)",
    )
    .confidence(95),
    Rule::context(
        "azure_sas",
        "Azure shared access signature",
        &["&sig=", "?sig=", "&amp;sig="],
        r"(?i)[&?](?:amp;)?sig=([A-Za-z0-9+/%]{40,80}(?:%3D|=))",
    )
    .check(Check::Entropy(380)),
    Rule::within(
        "azure_client_secret",
        "Microsoft Entra client secret",
        (&["Q~"], 4),
        r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
    )
    .check(Check::Entropy(380)),
    Rule::within("azure_devops_token", "Azure DevOps token", (&["AZDO"], 76), r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b"),
    Rule::token(
        "digitalocean_token",
        "DigitalOcean token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"do[opr]_v1_[0-9a-f]{64}\b",
    ),
    Rule::token("heroku_key", "Heroku API key", &["HRKU-"], r"HRKU-(?:AA[A-Za-z0-9_-]{58}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
    Rule::context(
        "heroku_api_key",
        "Heroku API key",
        &["heroku_api_key", "heroku_api_token", "heroku-api-key", "heroku_key"],
        r#"(?i)heroku[_-](?:api[_-])?(?:key|token)["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"#,
    ),
    Rule::context(
        "cloudflare_token",
        "Cloudflare API token or key",
        &["cloudflare", "cf_api", "cf-api", "x-auth-key"],
        r#"(?i)(?:cloudflare|cf|x)[a-z_.-]{0,16}(?:key|token|secret)["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([A-Za-z0-9_-]{37,40})(?:[^A-Za-z0-9_-]|$)"#,
    )
    .check(Check::Entropy(330)),
    Rule::token("cloudflare_origin_key", "Cloudflare Origin CA key", &["v1.0-"], r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b"),
    Rule::token("alibaba_key", "Alibaba Cloud access key id", &["LTAI"], r"LTAI[A-Za-z0-9]{12,20}\b").check(Check::Entropy(330)),
    Rule::token("tencent_key", "Tencent Cloud secret id", &["AKID"], r"AKID[A-Za-z0-9]{32}\b").check(Check::Entropy(330)),
    Rule::token("netlify_token", "Netlify token", &["nfp_", "nfc_", "nfo_"], r"nf[pco]_[A-Za-z0-9]{36}\b"),
    Rule::token("fly_token", "Fly.io token", &["fo1_", "fm1r_", "fm2_"], r"(?:fo1_[A-Za-z0-9_-]{43}|fm1r_[A-Za-z0-9+/=]{100,}|fm2_[A-Za-z0-9+/=]{100,})"),
    Rule::token("supabase_token", "Supabase token", &["sbp_", "sb_secret_"], r"(?:sbp_[0-9a-f]{40}\b|sb_secret_[A-Za-z0-9_-]{31})"),
    Rule::token(
        "planetscale_token",
        "PlanetScale credential",
        &["pscale_tkn_", "pscale_oauth_", "pscale_pw_"],
        r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,64}",
    ),
    Rule::token("databricks_token", "Databricks token", &["dapi"], r"dapi[0-9a-f]{32}(?:-[0-9])?\b"),
    Rule::token("pulumi_token", "Pulumi token", &["pul-"], r"pul-[0-9a-f]{40}\b"),
    Rule::within(
        "terraform_token",
        "HCP Terraform token",
        (&[".atlasv1."], 14),
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}",
    )
    .confidence(97),
    Rule::token("vault_token", "HashiCorp Vault token", &["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    Rule::token(
        "doppler_token",
        "Doppler token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}\b",
    ),
    Rule::token("onepassword_token", "1Password service account token", &["ops_eyJ"], r"ops_eyJ[A-Za-z0-9_-]{200,}={0,2}"),
    Rule::token("tailscale_key", "Tailscale key", &["tskey-"], r"tskey-(?:auth-|api-|client-|scim-|webhook-)?[A-Za-z0-9]{6,32}(?:CNTRL)?-[A-Za-z0-9]{16,48}"),
];

/// Messaging.
const CHAT: &[Rule] = &[
    Rule::token(
        "slack_token",
        "Slack token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.", "xapp-", "xoxc-", "xoxd-"],
        r"(?:xox[abposrc]-(?:[0-9]{8,16}-){1,3}[A-Za-z0-9-]{16,80}|xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9]{100,}|xoxd-[A-Za-z0-9%+/]{40,}|xapp-[0-9]-[A-Z0-9]{9,13}-[0-9]{10,14}-[a-f0-9]{64})",
    )
    .encoded(),
    Rule::token(
        "slack_webhook",
        "Slack webhook",
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services/T[A-Za-z0-9]{6,14}/B[A-Za-z0-9]{6,14}/[A-Za-z0-9]{20,26}|(?:workflows|triggers)/[A-Za-z0-9/]{30,90})",
    ),
    Rule::token(
        "discord_webhook",
        "Discord webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
    ),
    Rule::context(
        "discord_token",
        "Discord bot token",
        &["discord", "bot_token", "bot token", "bot "],
        r#"(?i:discord|bot)[A-Za-z0-9_ .:="'(-]{0,40}?\b([A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})"#,
    )
    .check(Check::DiscordToken)
    .confidence(95),
    Rule::within("telegram_token", "Telegram bot token", (&[":AA"], 10), r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}")
        .confidence(95),
    Rule::token(
        "teams_webhook",
        "Microsoft Teams webhook",
        &["webhook.office.com/webhookb2/"],
        r"webhook\.office\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36}",
    ),
    Rule::token("twilio_key", "Twilio API key", &["SK"], r"SK[0-9a-f]{32}\b").check(Check::Entropy(300)).confidence(80),
    Rule::context(
        "twilio_auth_token",
        "Twilio auth token",
        &["twilio"],
        r#"(?i)twilio[a-z_.-]{0,20}(?:token|secret)["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([0-9a-f]{32})\b"#,
    ),
    Rule::token("sendgrid_key", "SendGrid API key", &["SG."], r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}").confidence(97),
    Rule::token("mailgun_key", "Mailgun API key", &["key-"], r"key-[0-9a-f]{32}\b").check(Check::Entropy(300)).confidence(80),
    Rule::context(
        "mailgun_signing_key",
        "Mailgun key",
        &["mailgun"],
        r#"(?i)mailgun[a-z_.-]{0,24}["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})\b"#,
    ),
    Rule::within("mailchimp_key", "Mailchimp API key", (&["-us"], 32), r"\b[0-9a-f]{32}-us[0-9]{1,2}\b")
        .check(Check::Entropy(280)),
    Rule::token("brevo_key", "Brevo API key", &["xkeysib-", "xsmtpsib-"], r"x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}\b"),
];

/// Payment and shops.
const COMMERCE: &[Rule] = &[
    Rule::token("stripe_key", "Stripe live key", &["sk_live_", "rk_live_"], r"[sr]k_live_[A-Za-z0-9]{16,}")
        .confidence(95)
        .encoded(),
    Rule::token(
        "stripe_test_key",
        "Stripe test key",
        &["sk_test_", "rk_test_"],
        r"[sr]k_test_[A-Za-z0-9]{16,}",
    )
    .severity(Severity::Medium),
    Rule::token(
        "stripe_webhook_secret",
        "Stripe webhook secret",
        &["whsec_"],
        r"whsec_[A-Za-z0-9+/]{32,}={0,2}",
    )
    .severity(Severity::High),
    Rule::token(
        "square_token",
        "Square token",
        &["EAAA", "sq0atp-", "sq0csp-"],
        r"(?:EAAA[A-Za-z0-9_-]{60}\b|sq0atp-[A-Za-z0-9_-]{22}|sq0csp-[A-Za-z0-9_-]{43})",
    )
    .check(Check::Entropy(350)),
    Rule::token(
        "shopify_token",
        "Shopify token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    ),
    Rule::token(
        "braintree_token",
        "Braintree access token",
        &["access_token$production$"],
        r"access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}\b",
    ),
    Rule::token("easypost_key", "EasyPost key", &["EZAK", "EZTK"], r"EZ[AT]K[A-Za-z0-9]{54}\b"),
    Rule::token("shippo_token", "Shippo token", &["shippo_live_"], r"shippo_live_[0-9a-f]{40}\b"),
];

/// Model providers.
const MODELS: &[Rule] = &[
    Rule::token(
        "anthropic_key",
        "Anthropic key",
        &["sk-ant-"],
        r"sk-ant-(?:api|admin|oat|ort|sid)[0-9]{2}-[A-Za-z0-9_-]{80,}",
    )
    .confidence(97)
    .encoded(),
    Rule::within(
        "openai_key",
        "OpenAI key",
        (&["T3BlbkFJ"], 96),
        r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}",
    )
    .confidence(98),
    Rule::token("openrouter_key", "OpenRouter key", &["sk-or-v1-"], r"sk-or-v1-[0-9a-f]{64}\b"),
    // OpenAI's first format, DeepSeek's and what compatible servers issue.
    Rule::token("openai_api_key", "OpenAI-style API key", &["sk-"], r"sk-(?:proj-)?[A-Za-z0-9]{32,64}\b")
        .check(Check::Entropy(330))
        .confidence(80),
    Rule::token(
        "huggingface_token",
        "Hugging Face token",
        &["hf_", "api_org_"],
        r"(?:hf_|api_org_)[A-Za-z0-9]{34,40}\b",
    )
    .check(Check::Entropy(350))
    .encoded(),
    Rule::token("replicate_token", "Replicate token", &["r8_"], r"r8_[A-Za-z0-9]{37}\b"),
    Rule::token("groq_key", "Groq key", &["gsk_"], r"gsk_[A-Za-z0-9]{52}\b"),
    Rule::token("xai_key", "xAI key", &["xai-"], r"xai-[A-Za-z0-9]{80}\b"),
    Rule::token("perplexity_key", "Perplexity key", &["pplx-"], r"pplx-[A-Za-z0-9]{48}\b"),
    Rule::token(
        "langsmith_key",
        "LangSmith key",
        &["lsv2_pt_", "lsv2_sk_"],
        r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b",
    ),
    Rule::token("nvidia_key", "NVIDIA API key", &["nvapi-"], r"nvapi-[A-Za-z0-9_-]{60,70}"),
];

/// Observability, planning, documents.
const SERVICES: &[Rule] = &[
    Rule::context(
        "datadog_key",
        "Datadog key",
        &["datadog", "dd_api_key", "dd_app_key", "dd-api-key", "dd-application-key"],
        r#"(?i)(?:datadog|dd)[a-z_.-]{0,20}key["']?\s{0,4}(?:=>?|:=?)\s{0,4}["'`]?([0-9a-f]{40}|[0-9a-f]{32})\b"#,
    ),
    Rule::token(
        "new_relic_key",
        "New Relic key",
        &["NRAK-", "NRII-", "NRAA-"],
        r"NR(?:AK-[A-Z0-9]{27}|II-[A-Za-z0-9_-]{32}|AA-[0-9a-f]{27})",
    ),
    Rule::within(
        "new_relic_licence",
        "New Relic licence key",
        (&["NRAL"], 36),
        r"\b(?:[a-z]{2}[0-9]{2}xx)?[0-9a-f]{30,36}NRAL\b",
    ),
    Rule::token(
        "sentry_token",
        "Sentry token",
        &["sntrys_", "sntryu_"],
        r"sntry(?:u_[0-9a-f]{64}\b|s_eyJ[A-Za-z0-9+/=_-]{80,})",
    ),
    Rule::token(
        "grafana_token",
        "Grafana token",
        &["glsa_", "glc_"],
        r"gl(?:sa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b|c_[A-Za-z0-9+/]{32,}={0,2})",
    ),
    Rule::token(
        "linear_key",
        "Linear key",
        &["lin_api_", "lin_oauth_"],
        r"lin_(?:api_[A-Za-z0-9]{40}|oauth_[0-9a-f]{64})\b",
    ),
    Rule::token(
        "notion_token",
        "Notion token",
        &["ntn_", "secret_"],
        r"(?:ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})\b",
    )
    .check(Check::Entropy(350)),
    Rule::token(
        "atlassian_token",
        "Atlassian token",
        &["ATATT3xFfGF0", "ATCTT3xFfGF0"],
        r"AT[AC]TT3xFfGF0[A-Za-z0-9_=-]{100,}",
    ),
    Rule::token("postman_key", "Postman API key", &["PMAK-"], r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    Rule::token(
        "dynatrace_token",
        "Dynatrace token",
        &["dt0c01.", "dt0s16.", "dt0s01."],
        r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b",
    ),
    Rule::token("figma_token", "Figma token", &["figd_"], r"figd_[A-Za-z0-9_-]{40,60}"),
    Rule::token("contentful_token", "Contentful token", &["CFPAT-"], r"CFPAT-[A-Za-z0-9_-]{43}"),
    Rule::token("prefect_key", "Prefect key", &["pnu_"], r"pnu_[A-Za-z0-9]{36}\b"),
    Rule::token("readme_key", "ReadMe key", &["rdme_"], r"rdme_[a-z0-9]{70}\b"),
    Rule::token("adafruit_key", "Adafruit IO key", &["aio_"], r"aio_[A-Za-z0-9]{28}\b"),
    Rule::token(
        "facebook_token",
        "Facebook access token",
        &["EAAC", "EAAB", "EAAG", "EAAD"],
        r"EAA[A-Za-z0-9]{100,}",
    )
    .check(Check::Entropy(400)),
    Rule::token("dropbox_token", "Dropbox token", &["sl."], r"sl\.(?:u\.)?[A-Za-z0-9_-]{130,}")
        .check(Check::Entropy(400)),
];

/// Keys and credentials that no provider owns.
const COMMON: &[Rule] = &[
    Rule {
        anchor: Anchor::Prefix,
        matcher: Matcher::Code(private_key),
        check: Check::Judged,
        confidence: 97,
        ..Rule::token("private_key", "private key", &["-----BEGIN "], "")
    }
    .encoded(),
    Rule {
        anchor: Anchor::Within(0),
        matcher: Matcher::Code(url_password),
        check: Check::Judged,
        confidence: 85,
        ..Rule::token("url_password", "password in a URL", &["://"], "")
    }
    .severity(Severity::High),
    Rule::token("age_key", "age secret key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b")
        .confidence(98)
        .encoded(),
    Rule::token("jwt", "JSON Web Token", &["eyJ"], r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}")
        .check(Check::Jwt)
        .severity(Severity::High),
    Rule::context(
        "basic_credentials",
        "HTTP basic credentials",
        &["authorization"],
        r#"(?i)authorization["']?\s{0,4}[:=,]\s{0,4}["']?basic\s{1,4}([A-Za-z0-9+/]{8,}={0,2})"#,
    )
    .check(Check::BasicCredentials)
    .severity(Severity::High),
    Rule::context(
        "bearer_token",
        "bearer token",
        &["authorization"],
        r#"(?i)authorization["']?\s{0,4}[:=,]\s{0,4}["']?(?:bearer|token)\s{1,4}([A-Za-z0-9._~+/-]{24,}={0,2})"#,
    )
    .check(Check::Entropy(360))
    .severity(Severity::High),
    Rule::context(
        "putty_key",
        "PuTTY private key",
        &["private-lines:"],
        r"(?i)private-lines:\s{0,4}[0-9]{1,3}\s{1,4}((?:[A-Za-z0-9+/=]{16,64}\s{0,4}){1,64})",
    )
    .confidence(95),
];

/// Every rule. Earlier groups win where two say the same of the same bytes.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [SOURCE, CLOUD, CHAT, COMMERCE, MODELS, SERVICES, COMMON].into_iter().flatten()
}
