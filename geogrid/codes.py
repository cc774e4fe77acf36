"""The codes of grids: given, checked, followed over time, and looked up in a list; how they are written is the profile's."""

from geogrid.codecheck import CodeFinding, amiss, check_codes, findings_table
from geogrid.codelist import CodeEntry, CodeList, look_up, read_code_list
from geogrid.codescheme import CodeScheme, code_scheme
from geogrid.numbering import new_ids, next_codes, number_grids, reading_order
from geogrid.succession import succession

__all__ = [
    "CodeEntry",
    "CodeFinding",
    "CodeList",
    "CodeScheme",
    "amiss",
    "check_codes",
    "code_scheme",
    "findings_table",
    "look_up",
    "new_ids",
    "next_codes",
    "number_grids",
    "read_code_list",
    "reading_order",
    "succession",
]
