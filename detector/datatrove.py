"""The detector as steps of a datatrove pipeline: one drops documents, the other cleans them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector import rows
from detector.detection import DROPPABLE, loaded, with_drop
from detector.document import Report
from detector.errors import DetectorError, InputError

try:
    from datatrove.data import Document
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.filters.base_filter import BaseFilter
    from datatrove.pipeline.formatters.base import BaseFormatter
    from datatrove.utils.batching import batched
except ImportError as error:
    raise DetectorError(
        "detector.datatrove needs datatrove: run `pip install 'disclaimer-detector[datatrove]'`."
    ) from error

#: Why `NoticeFilter` may drop a document.
REASONS = (*DROPPABLE, "legal_page")
#: Documents that are judged together.
BATCH = 256
#: Where the metadata of a document says why it could not be judged.
FAULT = "notice_fault"


class NoticeFilter(BaseFilter):  # type: ignore[misc]
    """Drop documents that are notices from end to end, and legal pages.

    `drop` holds the reasons that count: "notice" and "chrome" where nothing else is in a document,
    "legal_page" for a page of terms. The statistics count the documents of each reason, and the
    exclusion writer gets it with the document. What cannot be judged is kept, with the fault in its
    metadata under "notice_fault", and counted as "unjudged".

    Raises `InputError` for an unknown reason, and as `Detector.load` and `Detector.analyze` do.
    """

    name = "Notices"

    def __init__(
        self,
        exclusion_writer: Any = None,
        drop: Sequence[str] = ("notice", "legal_page"),
        *,
        format: str = "auto",
        model: str | Path | None = None,
        point: str = "balanced",
        batch_size: int = BATCH,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.drop = _known(drop, REASONS)
        self.judge = _Judge(format, model, point)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """True for a document to keep, else False and the reason."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """The same for each document of a batch."""
        reports = self.judge(batch, self).reports
        reasons = [self._reason(reports[row]) if row in reports else None for row in range(len(batch))]
        return [(False, reason) if reason else True for reason in reasons]

    def _reason(self, report: Report) -> str | None:
        found = (rows.label(report), "legal_page" if report.legal_page else "")
        return next((reason for reason in found if reason in self.drop), None)


class NoticeStripper(PipelineStep):  # type: ignore[misc]
    """Take the notices out of documents, and keep what was taken out.

    The text becomes what `Detector.strip` makes of it, or `strip_html` where it is a page; a legal
    page stays whole, and so does what cannot be judged (see `NoticeFilter`). `metadata[key]` holds
    what was taken out, in order, as JSON: a list of objects with start, end (characters of the text
    before; of a page, of what its reader sees), label, kinds, score and text. It is a string, so that
    a Parquet writer finds the same type in every document.

    Raises `InputError` for a label that cannot be dropped, and while it runs for a document whose
    metadata already has `key`.
    """

    name = "Notices"
    type = BaseFormatter.type

    def __init__(
        self,
        drop: Sequence[str] = DROPPABLE,
        *,
        key: str = "notices",
        format: str = "auto",
        model: str | Path | None = None,
        point: str = "balanced",
        batch_size: int = BATCH,
    ) -> None:
        super().__init__()
        self.drop = _known(drop, DROPPABLE)
        self.key = key
        self.judge = _Judge(format, model, point)
        self.batch_size = batch_size

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """The documents in their order, cleaned."""
        for batch in batched(data, self.batch_size):
            with self.track_time("batch"):
                reports = self.judge(batch, self).reports
                for row, document in enumerate(batch):
                    self._strip(document, reports.get(row))
            for document in batch:
                self.update_doc_stats(document)
                yield document

    def _strip(self, document: Document, report: Report | None) -> None:
        if self.key in document.metadata:
            raise InputError(f"Document {document.id} already has metadata {self.key!r}: pass another key.")
        report = with_drop(report, self.drop) if report else None
        dropped = _dropped(report) if report else []
        document.metadata[self.key] = json.dumps(dropped, ensure_ascii=False)
        self.stat_update("total")
        if report and dropped:
            document.text = self.judge.stripped(document.text, report)
            self.stat_update("stripped")


@dataclass(frozen=True, slots=True)
class _Judge:
    """How to judge. Small when pickled: each process loads the model for itself, once."""

    format: str
    model: str | Path | None
    point: str

    def __post_init__(self) -> None:
        # Says what is wrong with an option where the pipeline is written, not where it runs.
        loaded(self.model, self.point).analyze("", self.format)

    def __call__(self, documents: Sequence[Document], step: PipelineStep) -> rows.Verdicts:
        texts = [document.text for document in documents]
        verdicts = rows.judge(loaded(self.model, self.point), texts, self.format)
        for row, fault in verdicts.faults.items():
            documents[row].metadata[FAULT] = fault
            step.stat_update("unjudged")
        return verdicts

    def stripped(self, text: str, report: Report) -> str:
        """The text without what its report drops; a page stays a page."""
        if report.text == text:
            return report.editorial_text
        return loaded(self.model, self.point).strip_html(text, report.drop)


def _known(drop: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    if set(drop) - set(names):
        raise InputError(f"Cannot drop {drop!r}: drop takes any of {', '.join(names)}.")
    return tuple(drop)


def _dropped(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "start": part.start,
            "end": part.end,
            "label": getattr(part, "label", "notice"),  # a span inside a segment is a notice
            "kinds": list(part.kinds),
            "score": part.score,
            "text": part.text,
        }
        for part in report.dropped
    ]
