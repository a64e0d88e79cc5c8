"""The admin of the three vocabularies: what a term is called, what it means, what has it, and merging several."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst, get_text_list

from portal.admin_base import Form, ReindexingAdmin
from portal.alias_field import AliasForm
from portal.models import User
from portal.spreadsheet_admin import SpreadsheetAdmin
from projects.models.terms import Term, counted
from projects.term_merging import merge_terms, planned

MAX_MERGED = 50


class UseFilter(admin.SimpleListFilter):
    """Terms by whether pages have them."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("public", "On public pages"), ("hidden", "Only on drafts"), ("unused", "Unused")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        match self.value():
            case "public":
                return queryset.filter(in_public__gt=0)
            case "hidden":
                return queryset.filter(in_public=0, in_all__gt=0)
            case "unused":
                return queryset.filter(in_all=0)
            case _:
                return queryset


class DefinitionFilter(admin.SimpleListFilter):
    """Terms by whether readers are told what they mean."""

    title = "definition"
    parameter_name = "definition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("without", "Without a definition"), ("with", "With a definition")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        match self.value():
            case "without":
                return queryset.filter(definition="")
            case "with":
                return queryset.exclude(definition="")
            case _:
                return queryset


class TermAdmin(SpreadsheetAdmin, ReindexingAdmin):
    """One vocabulary. A term that pages have is not deleted: it is merged into another."""

    form = AliasForm
    change_form_template = "admin/term_change_form.html"
    list_display = ["name", "used_by", "seen_by_readers", "definition"]
    list_filter = [UseFilter, DefinitionFilter]
    search_fields = ["name", "slug", "definition", "aliases"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["former_addresses", "used_by", "seen_by_readers"]
    ordering = ["name"]
    actions = ["merge_selected", "delete_selected"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "definition", "aliases"],
                "description": "A name that you change stays as an alias, so that search and the importer still know "
                "the term by it.",
            },
        ),
        ("Address", {"fields": ["slug", "former_addresses"]}),
        ("Where it is used", {"fields": ["used_by", "seen_by_readers"]}),
    ]

    class Media:
        css = {"all": ["portal/terms.css"]}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).with_use()  # type: ignore[attr-defined]

    # What is shown

    @staticmethod
    def _counts(term: Any, among: str) -> list[tuple[Any, str]]:
        """For each relation by which pages have a term: how many do, in words. ``among`` is all or public."""
        return [
            (relation, counted(number, relation.related_model))
            for relation in term.used_by()
            if (number := getattr(term, f"{among}_{relation.name}", 0))
        ]

    @admin.display(description="Used by", ordering="in_all")
    def used_by(self, term: Term) -> str | SafeString:
        """3 projects, 1 article, each a link to them."""
        links = [(self._list_of(relation, term), words) for relation, words in self._counts(term, "all")]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "Nothing"

    @admin.display(description="Seen by readers", ordering="in_public")
    def seen_by_readers(self, term: Term) -> str:
        """2 projects, 1 article: those of them that are public."""
        return ", ".join(words for _, words in self._counts(term, "public")) or "Nothing"

    @admin.display(description="Former addresses")
    def former_addresses(self, term: Term) -> str:
        lines = [f"{reverse('projects:index')}?{urlencode({term.facet: slug})}" for slug in term.former_slugs]
        return "\n".join(lines) or "None. When the address changes, readers of the old one are sent on."

    def _list_of(self, relation: Any, term: Term) -> str:
        """The admin's list of the pages of one kind that have a term."""
        related = relation.related_model._meta
        name = f"{self.admin_site.name}:{related.app_label}_{related.model_name}_changelist"
        return f"{reverse(name)}?{urlencode({f'{relation.field.name}__id__exact': term.pk})}"

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def _change_address(self, item: models.Model) -> str:
        opts = item._meta
        return reverse(f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_change", args=[item.pk])

    def _merge_address(self, terms: list[Any]) -> str:
        return f"{self._address('merge')}?{urlencode({'term': [term.pk for term in terms]}, doseq=True)}"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        term = kwargs.get("obj")
        may_merge = term is not None and self.has_merge_permission(request)
        context["merge_address"] = self._merge_address([term]) if may_merge else ""
        return super().render_change_form(request, context, *args, **kwargs)

    # Renaming

    @transaction.atomic
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            # Of two editors who take the same name or address at once, the second is told so.
            self._hold_all()
        return super().changeform_view(request, *args, **kwargs)

    def _hold_all(self) -> None:
        list(self.model._default_manager.select_for_update().order_by("pk"))

    def _held(self, request: HttpRequest, item: models.Model) -> Any:
        self._hold_all()
        return super()._held(request, item)

    def save_model(self, request: HttpRequest, obj: Term, form: Form, change: bool) -> None:
        names: list[str] = []
        slugs: list[str] = []
        if change:
            before = self.model._default_manager.get(pk=obj.pk)
            names, slugs = obj.renamed_from(before)
        super().save_model(request, obj, form, change)
        if names:
            messages.info(request, f"The old name “{names[0]}” stays as an alias.")
        if slugs:
            old = f"{reverse('projects:index')}?{urlencode({obj.facet: slugs[0]})}"
            messages.info(request, f"Readers of {old} are now sent to {obj.get_absolute_url()}.")

    # Deleting

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        term = self.get_object(request, unquote(object_id))
        if term is not None and self.has_delete_permission(request, term) and self._refuse_deletion(request, [term]):
            popup = f"?{IS_POPUP_VAR}=1" if IS_POPUP_VAR in request.GET else ""
            return HttpResponseRedirect(self._address("change", term.pk) + popup)
        return super().delete_view(request, object_id, extra_context)

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        if self._refuse_deletion(request, list(queryset)):
            return None
        return actions.delete_selected(self, request, queryset)

    def _refuse_deletion(self, request: HttpRequest, terms: list[Any]) -> bool:
        """Say of each term that pages have how many do, and offer the merge. Returns whether there is one."""
        used = [term for term in terms if term.in_all]
        for term in used:
            words = get_text_list([words for _, words in self._counts(term, "all")], "and")
            offer = (
                format_html(
                    ' <a href="{}">Merge “{}” with another {}</a>',
                    self._merge_address([term]),
                    term,
                    self.opts.verbose_name,
                )
                if self.has_merge_permission(request)
                else ""
            )
            messages.error(request, format_html("“{}” is not deleted: {} would lose it.{}", term, words, offer))
        return bool(used)

    # Merging

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and self.has_delete_permission(request)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [path("merge/", self.admin_site.admin_view(self.merge_view), name=name), *super().get_urls()]

    @admin.action(permissions=["merge"], description="Merge…")
    def merge_selected(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        terms = list(queryset[: MAX_MERGED + 1])
        if len(terms) > MAX_MERGED:
            messages.error(request, f"Choose at most {MAX_MERGED} to merge.")
            return None
        return HttpResponseRedirect(self._merge_address(terms))

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Which terms, which of them stays, what that changes; and then it is done."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        terms = self._chosen(request, sent)
        keep = next((term for term in terms if str(term.pk) == sent.get("keep")), None)
        if not terms or (request.method == "POST" and (keep is None or len(terms) < 2)):
            messages.error(request, "Choose two or more to merge. One of those that you chose may be gone by now.")
            return HttpResponseRedirect(self._address("changelist"))
        others = self.model._default_manager.exclude(pk=terms[0].pk) if len(terms) == 1 else []
        if len(terms) == 1 and not others:
            messages.info(request, f"There is no other {self.opts.verbose_name} to merge it with.")
            return HttpResponseRedirect(self._address("change", terms[0].pk))
        if request.method == "POST" and keep is not None:
            return self._merged(request, keep, [term for term in terms if term != keep])
        return self._merge_page(request, terms, keep if len(terms) > 1 else None, others)

    def _chosen(self, request: HttpRequest, sent: QueryDict) -> list[Any]:
        """The terms that are named and exist, most used first: that is the one that most often stays."""
        keys = {int(key) for key in sent.getlist("term")[: MAX_MERGED + 1] if key.isdecimal() and len(key) < 19}
        found = self.get_queryset(request).filter(pk__in=keys).order_by("-in_all", "name")
        return list(found) if len(found) == len(keys) or request.method != "POST" else []

    def _merged(self, request: HttpRequest, keep: Term, drop: list[Any]) -> HttpResponse:
        try:
            merge = merge_terms(keep=keep, drop=drop, by=cast(User, request.user))
        except ObjectDoesNotExist:
            messages.error(request, "Nothing was merged: one of those that you chose is gone by now.")
            return HttpResponseRedirect(self._address("changelist"))
        changed = f"{merge.number_of_pages} changed" if merge.number_of_pages else "no page had to change"
        messages.success(request, f"{merge.dropped_names} became “{merge.keep}”; {changed}.")
        return HttpResponseRedirect(self._address("change", keep.pk))

    def _merge_page(self, request: HttpRequest, terms: list[Any], keep: Any, others: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "media": self.media,
            "terms": terms,
            "suggested": terms[0],
            "others": others,
            "keep": keep,
            "merge": None,
            "back": self._address("changelist"),
        }
        if keep is not None:
            context["merge"] = merge = planned(keep, terms)
            context["title"] = f"Merge {merge.dropped_names} into “{keep}”"
            context["again"] = self._merge_address(terms)
            context["pages"] = [
                (
                    capfirst(relation.related_model._meta.verbose_name_plural),
                    sorted((str(page), self._change_address(page)) for page in pages),
                )
                for relation, pages in merge.pages
                if pages
            ]
        return TemplateResponse(request, "admin/merge.html", context)
