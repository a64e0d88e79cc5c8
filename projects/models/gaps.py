"""What a brief can lack."""

from __future__ import annotations

from portal.readiness import Gap

AREA = Gap("area", "choose", "an area", "readers find a public project by it", is_kept=True)
# Every completed project that was imported may lack them, so a page can be without.
OUTPUTS = Gap(
    "no_outputs_reason",
    "add",
    "its outputs",
    "readers of a completed project look for what came of it",
    otherwise="or say why there are none",
)
TECHNIQUE = Gap("techniques", "choose", "a technique", "students look for projects by it")
MODALITY = Gap("modalities", "choose", "a type of data", "students look for projects by it")
ROUND = Gap("round", "choose", "an application round", "the page says that the dates are to be announced")

# Of the sections of a brief, those that a student reads before applying.
SECTIONS = {
    "need": Gap("need", "write", "the need", "it says why the work matters, and what an intern would do"),
    "learning_outcomes": Gap("learning_outcomes", "write", "the learning objectives", "it says what an intern learns"),
    "datasets": Gap("datasets", "write", "the data sets", "it says which data an intern works with"),
    "desired_skills": Gap("desired_skills", "write", "the desired skills", "it says what to mention when applying"),
}
