//! The presets: rule files that come with the binary, to be read, copied and compared like any other.
//!
//! Must never hold what an ordinary rule file could not: a preset is no other language.

use ringfence_model::config::Preset;

use crate::load::Source;

/// The text of a preset.
#[must_use]
pub const fn text(preset: Preset) -> &'static str {
    match preset {
        Preset::Standard => include_str!("../presets/standard.yaml"),
        Preset::Strict => include_str!("../presets/strict.yaml"),
        Preset::Permissive => include_str!("../presets/permissive.yaml"),
        Preset::OwaspAsi2026 => include_str!("../presets/owasp-asi-2026.yaml"),
        Preset::ReadOnly => include_str!("../presets/read_only.yaml"),
        Preset::NoPii => include_str!("../presets/no_pii.yaml"),
        Preset::RequiresApproval => include_str!("../presets/requires_approval.yaml"),
        Preset::PiiProtection => include_str!("../presets/pii-protection.yaml"),
        Preset::RateLimiting => include_str!("../presets/rate-limiting.yaml"),
        Preset::CostControl => include_str!("../presets/cost-control.yaml"),
        Preset::DataDeletion => include_str!("../presets/data-deletion.yaml"),
        Preset::SecretsProtection => include_str!("../presets/secrets-protection.yaml"),
        Preset::HumanReview => include_str!("../presets/human-review.yaml"),
        Preset::GdprCompliance => include_str!("../presets/gdpr-compliance.yaml"),
        Preset::Soc2Security => include_str!("../presets/soc2-security.yaml"),
        Preset::HipaaHealthcare => include_str!("../presets/hipaa-healthcare.yaml"),
        Preset::PciDssPayments => include_str!("../presets/pci-dss-payments.yaml"),
        Preset::ReadOnlyAccess => include_str!("../presets/read-only-access.yaml"),
        Preset::ProductionSafety => include_str!("../presets/production-safety.yaml"),
        Preset::Hipaa => include_str!("../presets/hipaa.yaml"),
        Preset::Soc2 => include_str!("../presets/soc2.yaml"),
        Preset::PciDss => include_str!("../presets/pci_dss.yaml"),
        Preset::Gdpr => include_str!("../presets/gdpr.yaml"),
        Preset::Fedramp => include_str!("../presets/fedramp.yaml"),
        Preset::Ccpa => include_str!("../presets/ccpa.yaml"),
        Preset::Nist => include_str!("../presets/nist.yaml"),
        Preset::Iso27001 => include_str!("../presets/iso27001.yaml"),
    }
}

/// The preset as a source of rules.
pub(crate) const fn source(preset: Preset) -> Source<'static> {
    Source { name: preset.as_str(), text: text(preset) }
}

#[cfg(test)]
mod tests;
