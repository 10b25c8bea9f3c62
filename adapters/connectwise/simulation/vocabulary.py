"""The names that each list of the API knows: what may be filtered, sorted, asked for and written.

A name that is not here is refused. ``dateEntered`` and ``lastUpdated`` of most records lie in ``_info`` and
are filtered by their bare names, but asked for as ``_info``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT, INTEGER, NUMBER, FLAG, DATE, REFERENCE = "text", "integer", "number", "flag", "date", "reference"
ENUMS = {
    "severity": ("Low", "Medium", "High"),
    "impact": ("Low", "Medium", "High"),
    "recordType": ("ServiceTicket", "ProjectTicket", "ProjectIssue"),
    "escalationStatus": ("NotResponded", "Responded", "ResolutionPlan", "Resolved", "NoEscalation"),
    "licenseClass": ("A", "C", "F", "X"),
    "chargeToType": ("ServiceTicket", "ProjectTicket", "ChargeCode", "Activity"),
    "billableOption": ("Billable", "DoNotBill", "NoCharge", "NoDefault"),
    "noteType": ("TicketNote", "TimeEntryNote", "MeetingNote"),
}
INFO_DATES = {"lastUpdated": DATE, "dateEntered": DATE}


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """``fields``: top-level names with their kinds. ``paths``: what conditions may name, with its place."""

    name: str
    fields: dict[str, str]
    info_names: frozenset[str] = frozenset()
    paths: dict[str, tuple[tuple[str, ...], str]] = field(init=False)

    def __post_init__(self) -> None:
        paths: dict[str, tuple[tuple[str, ...], str]] = {}
        for name, kind in self.fields.items():
            if kind == REFERENCE:
                paths[f"{name}/id"] = ((name, "id"), INTEGER)
                for part in ("name", "identifier", "summary"):
                    paths[f"{name}/{part}"] = ((name, part), TEXT)
            else:
                paths[name] = ((name,), kind)
        for name in self.info_names:
            paths[name] = (("_info", name), DATE)
        object.__setattr__(self, "paths", paths)


def _fields(**kinds: str) -> dict[str, str]:
    return {name: kind for kind, names in kinds.items() for name in names.split()}


_INFO = frozenset(INFO_DATES)
_UPDATED = frozenset({"lastUpdated"})

TICKET = Vocabulary(
    "ticket",
    _fields(
        text="summary recordType siteName addressLine1 addressLine2 city stateIdentifier zip contactName"
        " contactPhoneNumber contactPhoneExtension contactEmailAddress severity impact externalXRef poNumber"
        " automaticEmailCc closedBy resources billTime billExpenses billProducts mobileGuid slaStatus"
        " respondedBy resplanBy resolvedBy billingMethod subBillingMethod predecessorType",
        integer="id resolveMinutes resPlanMinutes respondMinutes parentTicketId escalationLevel"
        " minutesBeforeWaiting respondedSkippedMinutes resplanSkippedMinutes minutesWaiting duration",
        number="budgetHours actualHours respondedHours resplanHours resolutionHours estimatedExpenseCost"
        " estimatedExpenseRevenue estimatedProductCost estimatedProductRevenue estimatedTimeCost"
        " estimatedTimeRevenue",
        flag="allowAllClientsPortalView customerUpdatedFlag automaticEmailContactFlag"
        " automaticEmailResourceFlag automaticEmailCcFlag closedFlag approved isInSla hasChildTicket"
        " hasMergedChildTicketFlag requestForChangeFlag",
        date="requiredDate closedDate dateResolved dateResplan dateResponded escalationStartDateUTC estimatedStartDate",
        reference="board status workRole workType company site country contact type subType item team owner"
        " priority serviceLocation source opportunity agreement location department sla currency"
        " mergedParentTicket",
    ),
    _INFO,
)
NOTE = Vocabulary(
    "serviceNote",
    _fields(
        text="text createdBy",
        integer="id ticketId",
        flag="detailDescriptionFlag internalAnalysisFlag resolutionFlag issueFlag internalFlag externalFlag"
        " customerUpdatedFlag",
        date="dateCreated",
        reference="member contact",
    ),
    _UPDATED,
)
ALL_NOTE = Vocabulary(
    "serviceTicketNote",
    _fields(
        text="noteType text originalAuthor",
        integer="id",
        flag="isMarkdownFlag detailDescriptionFlag internalAnalysisFlag resolutionFlag issueFlag bundledFlag"
        " mergedFlag createdByParentFlag",
        date="timeStart timeEnd dateCreated",
        reference="ticket member contact",
    ),
)
TIME_ENTRY = Vocabulary(
    "timeEntry",
    _fields(
        text="chargeToType billableOption notes internalNotes enteredBy status mobileGuid ticketBoard ticketStatus",
        integer="id chargeToId locationId businessUnitId",
        number="actualHours hoursDeduct hoursBilled",
        flag="addToDetailDescriptionFlag addToInternalAnalysisFlag addToResolutionFlag emailResourceFlag"
        " emailContactFlag emailCcFlag",
        date="timeStart timeEnd dateEntered",
        reference="company member workType workRole ticket",
    ),
    _UPDATED,
)
BOARD = Vocabulary(
    "board",
    _fields(
        text="name",
        integer="id",
        flag="inactiveFlag projectFlag autoAssignTicketOwnerFlag autoAssignNewTicketsFlag"
        " discussionsLockedFlag timeEntryLockedFlag closedLoopInternalAnalysisFlag",
        reference="location department serviceManagerMember dispatchMember dutyManagerMember oncallMember",
    ),
    _UPDATED,
)
STATUS = Vocabulary(
    "boardStatus",
    _fields(
        text="name escalationStatus",
        integer="id sortOrder",
        flag="closedStatus inactive defaultFlag timeEntryNotAllowed displayOnBoard customerPortalFlag"
        " roundRobinCatchall",
        reference="board",
    ),
    _UPDATED,
)
TEAM = Vocabulary(
    "boardTeam",
    _fields(
        text="name",
        integer="id boardId locationId businessUnitId",
        flag="defaultFlag notifyOnTicketDelete",
        reference="teamLeader",
    )
    | {"members": "list"},
    _UPDATED,
)
ALL_TEAMS = Vocabulary(
    "serviceTeam",
    _fields(text="name", integer="id", flag="deleteNotifyFlag", reference="leader location department"),
    _UPDATED,
)
MEMBER = Vocabulary(
    "member",
    _fields(
        text="identifier firstName lastName licenseClass officeEmail primaryEmail title",
        integer="id",
        flag="inactiveFlag disableOnlineFlag adminFlag",
        date="inactiveDate hireDate",
        reference="timeZone calendar securityRole",
    ),
    _UPDATED,
)
PRIORITY = Vocabulary(
    "priority",
    _fields(text="name color level", integer="id sortOrder", flag="defaultFlag"),
    _UPDATED,
)
COMPANY = Vocabulary(
    "company", _fields(text="identifier name", integer="id", flag="deletedFlag", reference="status"), _UPDATED
)
CALLBACK = Vocabulary(
    "callbackEntry",
    _fields(
        text="description url type level payloadVersion connectWiseID",
        integer="id objectId memberId",
        flag="inactiveFlag isSoapCallbackFlag isSelfSuppressedFlag",
    ),
    _UPDATED,
)
SCHEDULE = Vocabulary(
    "scheduleEntry",
    _fields(
        text="name",
        integer="id objectId",
        flag="ownerFlag doneFlag acknowledgedFlag meetingFlag",
        date="dateStart dateEnd",
        reference="member type status",
    ),
    _UPDATED,
)
NAMED = Vocabulary("setupRecord", _fields(text="name", integer="id", flag="inactiveFlag defaultFlag"), _UPDATED)
AUDIT = Vocabulary(
    "auditTrailEntry",
    _fields(text="text enteredBy auditType auditSubType auditSource", date="enteredDate"),
)
REFERENCE_ITEM = Vocabulary("reference", _fields(text="description", integer="id"))
