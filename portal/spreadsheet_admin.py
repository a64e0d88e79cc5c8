"""How staff change many things in a spreadsheet: the list as a file, and back once they have read what it changes."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst, get_text_list, slugify
from django.views.decorators.http import require_safe

from portal import revisions, spreadsheets
from portal.revision_admin import COMMENT
from portal.spreadsheet_columns import Column, columns_of
from portal.spreadsheet_upload import DryRun, RowChange, Upload, head_of, row_of, told_of
from portal.spreadsheets import MOST_BYTES, MOST_CHANGED, MOST_ROWS, UnreadableError

UPLOADED = "Uploaded as CSV"
# What a form may hold besides its file.
MOST_PACKED = 2_400_000


class UploadForm(forms.Form):
    """The file of a spreadsheet."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose the file that you saved in the spreadsheet."},
        help_text=f"Saved as “CSV UTF-8”, at most {MOST_BYTES // 1_000_000} MB and {MOST_ROWS:,} rows.",
    )


class SpreadsheetAdmin(admin.ModelAdmin):
    """An admin whose list can be downloaded as a table, and changed by uploading that table again."""

    change_list_template = "admin/publishable_change_list.html"
    # Fields of the form that are no column: what is decided for one person or thing at a time.
    columns_left_out: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        download = self.admin_site.admin_view(require_safe(self.download_view))
        upload = self.admin_site.admin_view(self.upload_view)
        return [
            path("download/", download, name=f"{name}_download"),
            path("upload/", upload, name=f"{name}_upload"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        addresses = {"download_url": _with_query(reverse(f"{name}_download"), request.GET.urlencode())}
        if self._may_upload(request):
            addresses["upload_url"] = _with_query(reverse(f"{name}_upload"), self.get_preserved_filters(request))
        return super().changelist_view(request, {**addresses, **(extra_context or {})})

    def _may_upload(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and self.has_change_permission(request)

    # Columns

    def columns(self, request: HttpRequest) -> list[Column]:
        """What this person can change here in a table, and what they may only read of it."""
        names = flatten_fieldsets(self.get_fieldsets(request))
        fields = self.get_form(request, None, change=False, fields=names).base_fields
        editable = {one.name: one for one in [*self.opts.fields, *self.opts.many_to_many] if one.editable}
        controls = []
        for name in names:
            if name in self.columns_left_out:
                continue
            if name in fields:
                controls.append((name, fields[name], False))
            elif name in editable and (control := self.formfield_for_dbfield(cast(Any, editable[name]), request)):
                controls.append((name, control, True))
        return columns_of(controls, self.model)

    # Out

    def download_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered, searched and ordered, all of its pages, as a file for a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        columns = [column for column in self.columns(request) if not column.locked]
        several = [column.name for column in columns if column.field.many_to_many]
        items = found.prefetch_related(*several).iterator(chunk_size=spreadsheets.CHUNK)
        name = f"{slugify(str(self.opts.verbose_name_plural))}-{timezone.localdate().isoformat()}.csv"
        return StreamingHttpResponse(
            spreadsheets.table(head_of(columns, self.model), (row_of(columns, item) for item in items)),
            content_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
        )

    # In

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Choose a file, read what it would change, and only then let it."""
        if not self._may_upload(request):
            raise PermissionDenied
        confirmed = request.method == "POST" and "table" in request.POST
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" and not confirmed else UploadForm()
        if confirmed or form.is_valid():
            try:
                packed = request.POST["table"] if confirmed else _packed(form.cleaned_data["file"])
                upload = self._upload(request, _unpacked(packed))
            except UnreadableError as error:
                form = UploadForm({}) if confirmed else form
                form.errors.clear()
                form.add_error("file", str(error))
            else:
                if confirmed:
                    return self._confirmed(request, upload, packed)
                return self._ask(request, upload.dry_run(), packed)
        columns = self.columns(request)
        context = {
            "title": f"Upload CSV: {self.opts.verbose_name_plural}",
            "form": form,
            "columns": [column.label for column in columns if not column.locked],
            "told": told_of(self.model),
            "left_out": self._left_out(columns),
        }
        return self._upload_page(request, "upload.html", context)

    def _upload(self, request: HttpRequest, file: bytes) -> Upload:
        def form_of(item: models.Model) -> type[ModelForm]:
            names = flatten_fieldsets(self.get_fieldsets(request, item))
            return self.get_form(request, item, change=True, fields=names)

        return Upload(file, self.columns(request), self.get_queryset(request), form_of)

    def _left_out(self, columns: list[Column]) -> list[str]:
        """What the form of one of these holds and no table does, in words."""
        files = [str(one.verbose_name) for one in self.opts.fields if isinstance(one, models.FileField)]
        kept = [str(cast(Any, self.opts.get_field(name)).verbose_name) for name in self.columns_left_out]
        rows = [str(inline.model._meta.verbose_name_plural) for inline in self.inlines]
        return [*kept, *[str(column.label) for column in columns if column.locked], *files, *rows]

    def _ask(self, request: HttpRequest, found: DryRun, packed: str) -> HttpResponse:
        """The page that says what the file would do, row by row."""
        will = f"{_counted(self.opts, len(found.changed))} will change" if found.changed else "nothing will change"
        context = {
            "title": f"Upload CSV: {will}",
            "found": found,
            "counts": _counts(self.opts, found),
            "act": f"Change {_counted(self.opts, len(found.changed))}",
            "table": packed,
            "change_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
            "again": request.get_full_path(),
            "most": _counted(self.opts, MOST_CHANGED),
        }
        return self._upload_page(request, "dry_run.html", context)

    def _confirmed(self, request: HttpRequest, upload: Upload, packed: str) -> HttpResponse:
        found = upload.dry_run()
        if not found.changed and not found.refused:
            messages.info(request, "Nothing was left to change: the portal holds everything that the file says.")
            return redirect(self._list(request))
        if found.fingerprint != request.POST.get("seen") or not found.changed or found.is_too_much:
            messages.warning(
                request,
                "Nothing was written now: something changed since you were shown what the file would do, or you sent "
                "it twice. This is what it would do now.",
            )
            return self._ask(request, found, packed)
        refusals = [refusal for row in found.changed if (refusal := self._carry_out(request, upload, row))]
        if done := len(found.changed) - len(refusals):
            messages.success(request, f"{_counted(self.opts, done)} changed, as the file says.")
        for refusal in refusals:
            messages.warning(request, refusal)
        if number := len(found.refused):
            words = (
                "row was refused, and stays as it was" if number == 1 else "rows were refused, and stay as they were"
            )
            messages.warning(request, f"{number:,} {words}.")
        return redirect(self._list(request))

    def _carry_out(self, request: HttpRequest, upload: Upload, shown: RowChange) -> str:
        """Save one row as its form in the admin would be saved, if it still does what was shown. Else says why not."""
        try:
            with transaction.atomic():
                item = self._held(request, shown.item)
                row = upload.row(shown.number, shown.cells, item) if item is not None else None
                if item is not None and isinstance(row, RowChange) and row.changes == shown.changes:
                    self._save(request, item, row.form)
                    return ""
        except IntegrityError:
            return f"Row {shown.number}, “{shown.item}”, was refused by the database, and stays as it is."
        return f"Row {shown.number}, “{shown.item}”, was changed by somebody else just now, and stays as it is."

    def _held(self, request: HttpRequest, item: models.Model) -> Any:
        """The item as it is now, held until it is saved."""
        whole = revisions.whole_of(item)
        # By key: a kind's own order may join what may be missing, which PostgreSQL does not lock.
        list(type(whole)._base_manager.select_for_update().filter(pk=whole.pk).order_by("pk"))
        return self.get_object(request, str(item.pk))

    def _save(self, request: HttpRequest, item: models.Model, form: ModelForm) -> None:
        revisions.record_before(item)
        cast(Any, request).left_whole = revisions.whole_of(item)
        cast(Any, request).POST = request.POST.copy()
        cast(Any, request.POST)[COMMENT] = UPLOADED
        changed = self.save_form(request, form, change=True)
        self.save_model(request, changed, form, change=True)
        self.save_related(request, form, [], change=True)
        self.log_change(request, changed, self.construct_change_message(request, cast(Any, form), [], False))

    # Words and ways

    def _upload_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        common = {**self.admin_site.each_context(request), "opts": self.opts, "back": self._list(request)}
        return TemplateResponse(request, f"admin/{template}", {**common, **context})

    def _list(self, request: HttpRequest) -> str:
        filters: dict[str, Any] = {"opts": self.opts, "preserved_filters": self.get_preserved_filters(request)}
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return str(add_preserved_filters(filters, address))


def _counted(opts: Any, number: int) -> str:
    return f"{number:,} {opts.verbose_name if number == 1 else opts.verbose_name_plural}"


def _counts(opts: Any, found: DryRun) -> str:
    """3 projects will change, 2 rows are refused and 33 stay as they are."""
    changed, refused, same = len(found.changed), len(found.refused), found.same
    parts = [f"{_counted(opts, changed)} will change"] if changed else []
    parts += [f"{refused:,} row{' is' if refused == 1 else 's are'} refused"] if refused else []
    parts += [f"{same:,} stay{'s as it is' if same == 1 else ' as they are'}"] if same else []
    return f"{capfirst(get_text_list(parts, 'and'))}."


def _with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def _packed(file: Any) -> str:
    """A file as a hidden field carries it from page to page: nothing of it is kept by the portal."""
    packed = base64.b64encode(zlib.compress(file.read(MOST_BYTES + 1))).decode()
    if len(packed) > MOST_PACKED:
        raise UnreadableError("The file is too large. Upload it in parts.")
    return packed


def _unpacked(text: str) -> bytes:
    """The file that a hidden field brings back, never larger than one that may be uploaded."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise UnreadableError("The file did not come back whole. Choose it again.") from error
