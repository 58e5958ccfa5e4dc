//! x
use super::findings::Findings; use super::language::Language;
pub(super) fn inspect(_t:&str,_l:&Language,_f:&mut Findings<'_>){}
