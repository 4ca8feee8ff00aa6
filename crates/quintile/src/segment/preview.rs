//! How many are in a segment that is being written.
//!
//! The numbers are those of [`Workspace::segment_explain`], found by what is [at hand](super::at_hand). Where facts would have to be
//! read first, a sample is asked, and the answer says so; whoever wants the numbers themselves asks once more.

use crate::segment::at_hand::AtHand;
use crate::segment::at_hand::sample::Size;
use crate::segment::explain::Explained;
use crate::segment::SegmentAsk;
use crate::segment::members::members_hash;
use crate::workspace::Workspace;
use crate::{Error, Header};
use quintile_segment::{Problem, Tree, new_form, sentence};

/// A condition of a segment that is being written.
#[derive(Debug, Clone)]
pub struct PreviewedCondition {
    /// How deep it lies.
    pub depth: usize,
    /// As it is written.
    pub text: String,
    /// How many meet it alone.
    pub size: Size,
    /// How many more there would be without it, where it is one of several that must all hold.
    pub removes: Option<Size>,
}

/// How many are in a segment that is being written.
#[derive(Debug, Clone)]
pub struct SegmentPreview {
    /// What it holds for.
    pub header: Header,
    /// The segment in plain English.
    pub sentence: String,
    /// The text that problems speak of.
    pub text: String,
    /// Its tree, with names in the new form.
    pub tree: Tree,
    /// Members.
    pub size: Size,
    /// A hash of who they are, where they were all asked.
    pub members_hash: Option<String>,
    /// Customers.
    pub customers: u64,
    /// How many of them were asked, where not all were.
    pub sampled: Option<u64>,
    /// Its conditions, from the outside to the inside.
    pub conditions: Vec<PreviewedCondition>,
    /// What the store lacks for it, in words.
    pub lacks: Vec<String>,
    /// Warnings, lints and old forms.
    pub problems: Vec<Problem>,
}

impl Workspace {
    /// How many are in a segment, and how many meet each of its conditions. Unless it shall be exact, what takes long is estimated.
    pub fn segment_preview(&self, ask: &SegmentAsk, at_hand: &AtHand, exact: bool) -> Result<SegmentPreview, Error> {
        let stand = self.stand(&ask.when)?;
        let vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let Some(ready) = plan.asked.first() else { return Err(Error::Usage("no segment was asked".to_owned())) };
        let explained = Explained::of(ready);
        let program = explained.program(&plan);
        let (sizes, members, customers, sampled, lacks, header) = match self.told_at_hand(&stand, at_hand, &program, exact)? {
            Some(told) => (told.sizes, told.members, told.customers, told.sampled, told.lacks, told.header),
            None => {
                let mut ran = self.run_program(&stand, program)?;
                let sizes = ran.members.iter().map(|members| Size::exact(members.len())).collect();
                let lacks = if ran.lacks.is_empty() { Vec::new() } else { ran.lacks.swap_remove(0) };
                let members = (!ran.members.is_empty()).then(|| ran.members.swap_remove(0).keys());
                (sizes, members, ran.customers, None, lacks, ran.header)
            }
        };
        let size = |at: usize| sizes.get(at).copied().unwrap_or(Size::exact(0));
        let conditions = explained.places().map(|(part, alone, without)| PreviewedCondition {
            depth: part.depth,
            text: part.text.clone(),
            size: size(alone),
            removes: without.map(|without| size(without).beyond(size(0))),
        });
        Ok(SegmentPreview {
            conditions: conditions.collect(),
            size: size(0),
            members_hash: members.map(|members| members_hash(&members)),
            sentence: sentence(&ready.condition),
            text: ready.text.clone(),
            tree: new_form(&ready.tree),
            problems: ready.problems.clone(),
            header,
            customers,
            sampled,
            lacks,
        })
    }
}
