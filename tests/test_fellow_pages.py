"""What the page of a fellow says of the places elsewhere that it leads to."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from fellowship.models import FellowLink
from tests import factories as make
from tests.pages import Page
from tests.shared import address, share

PDF = b"%PDF-1.7\n" + bytes(3000) + b"\nstartxref\n0\n%%EOF\n"


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("https://www.linkedin.com/in/person", "LinkedIn profile"),
        ("https://uk.linkedin.com/in/person", "LinkedIn profile"),
        ("https://LINKEDIN.com./in/person", "LinkedIn profile"),
        ("https://scholar.google.com/citations?user=1", "Google Scholar profile"),
        ("https://scholar.google.co.uk/citations?user=1", "Google Scholar profile"),
        ("https://scholar.google.com.au/citations?user=1", "Google Scholar profile"),
        ("https://scholar.google.de/citations?user=1", "Google Scholar profile"),
        ("https://orcid.org/0000-0001", "ORCID record"),
        ("https://bsky.app/profile/person", "Bluesky profile"),
        # What only looks like one of them has its own name.
        ("https://linkedin.com.example.org/in/person", "page on linkedin.com.example.org"),
        ("https://notlinkedin.com/in/person", "page on notlinkedin.com"),
        ("https://scholar.google.example.org/", "page on scholar.google.example.org"),
        ("https://linkedin.com@example.org/", "page on example.org"),
        ("https://orcid.org.uk/", "page on orcid.org.uk"),
        ("https://ox.com/", "page on ox.com"),
    ],
)
def test_a_link_names_the_site_that_its_host_is(url, label):
    assert FellowLink(url=url).label == label


@pytest.mark.django_db
def test_a_poster_elsewhere_names_its_site_and_gets_no_token(client):
    poster = "https://www.posters.example.org/a%20poster.pdf"
    fellow = make.FellowFactory(name="Ada Person", poster_url=poster, status="draft", project_text="")
    page = client.get(address(share(fellow))).text
    assert f'<a href="{poster}">Ada Person’s poster</a> (on posters.example.org)' in page


@pytest.mark.django_db
def test_a_poster_here_says_type_and_size_and_is_hidden_with_its_fellow(client, settings: Any, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    fellow = make.FellowFactory(name="Ada Person", poster=SimpleUploadedFile("a poster.pdf", PDF))
    fellow.full_clean()
    page = client.get(fellow.get_absolute_url()).text
    assert "Ada Person’s poster</a> (PDF, 3\N{NO-BREAK SPACE}KB)" in page
    [url] = [link for link in Page(page).links if link.endswith(".pdf")]
    response = client.get(url)
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    type(fellow).objects.update(is_hidden=True)
    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_a_fellow_has_one_poster(settings: Any, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    fellow = make.FellowFactory(poster=SimpleUploadedFile("a.pdf", PDF), poster_url="https://example.org/poster")
    with pytest.raises(ValidationError, match="There is a PDF of the poster already"):
        fellow.full_clean()
    fellow.poster_url = ""
    fellow.full_clean()


@pytest.mark.django_db
def test_a_fellow_without_a_poster_has_no_line_about_one(client):
    fellow = make.FellowFactory(project_text="")
    page = client.get(fellow.get_absolute_url()).text
    assert "poster" not in page
    assert "Fellowship project" not in page
