//! A build without Cedar: a policy in it is refused. Must never pass one over.

use ringfence_model::config::PolicyConfig;

use crate::judge::PolicySet;
use crate::load::Source;

#[test]
fn a_policy_that_this_build_cannot_understand_is_not_passed_over() {
    let source = Source { name: "mine.cedar", text: "" };
    let errors = PolicySet::load(&[source], &PolicyConfig::standard()).err().unwrap();
    assert_eq!(errors[0].to_string(), "mine.cedar:1:1: this build does not know Cedar");
}
