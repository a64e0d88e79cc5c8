"""Documents to download, with a file that is as small as a PDF can be."""

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from factory.django import DjangoModelFactory

from fellowship.models import Document

PDF = b"%PDF-1.4\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def upload(content: bytes = PDF, name: str = "role description.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


class DocumentFactory(DjangoModelFactory):
    """A document of a cohort, or of the programme if it is given one."""

    class Meta:
        model = Document

    programme = None
    cohort = factory.Maybe("programme", None, factory.SubFactory("tests.factories.CohortFactory"))
    title = factory.Sequence(lambda n: f"Document {n}")
    file = factory.LazyFunction(upload)
