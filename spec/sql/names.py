"""The names of SeaTunnel's SQL functions, and of the types in its casts."""

from __future__ import annotations

_TEXT = """
    ascii bit_length char_length length octet_length char chr concat concat_ws hextoraw rawtohex insert lower lcase upper ucase
    left right locate instr position lpad rpad ltrim rtrim trim regexp_replace regexp_like regexp_substr repeat replace soundex
    space substring substr to_char translate md5 murmur64 to_base64 from_base64 split get_json_object
"""
_NUMBERS = """
    abs acos asin atan cos cosh cot sin sinh tan tanh atan2 mod ceil ceiling floor exp ln log log10 radians sqrt pi power rand
    random round sign trunc truncate trim_scale
"""
_MOMENTS = """
    current_date current_time current_timestamp now dateadd timestampadd datediff date_trunc dayname day_of_month day_of_week
    day_of_year extract formatdatetime hour minute month monthname parsedatetime to_date is_date quarter second week year
    from_unixtime
"""
_VALUES = """
    coalesce ifnull nullif multi_if uuid array map array_max array_min des_encrypt des_decrypt aes_encrypt aes_decrypt
    vector_dims vector_norm vector_reduce vector_normalize inner_product cosine_distance l1_distance l2_distance
"""

SEATUNNEL_FUNCTIONS = frozenset(" ".join((_TEXT, _NUMBERS, _MOMENTS, _VALUES)).split())
"""All of them, of any version, in lower case."""

_COALESCE, _NOW, _CAST = "COALESCE(a, b)", "CURRENT_TIMESTAMP", "CAST(a AS INT)"

FUNCTIONS_ELSEWHERE = {
    "nvl": _COALESCE,
    "isnull": f"{_COALESCE}, or a IS NULL",
    "nvl2": "CASE WHEN a IS NOT NULL THEN b ELSE c END",
    "iif": "CASE WHEN a > 0 THEN b ELSE c END",
    "zeroifnull": "COALESCE(a, 0)",
    "convert": _CAST,
    "to_number": _CAST,
    "to_varchar": "CAST(a AS STRING)",
    "string": "CAST(a AS STRING)",
    **dict.fromkeys(("safe_cast", "try_convert", "try_parse", "try_to_number"), "TRY_CAST(a AS INT)"),
    "isnumeric": "TRY_CAST(a AS DOUBLE) IS NOT NULL",
    "date_format": "FORMATDATETIME(a, 'yyyy-MM-dd')",
    **dict.fromkeys(("str_to_date", "to_datetime"), "PARSEDATETIME(a, 'yyyy-MM-dd HH:mm:ss')"),
    **dict.fromkeys(("getdate", "sysdate", "sysdatetime", "getutcdate"), _NOW),
    "unix_timestamp": "EPOCH(a)",
    "add_months": "a + INTERVAL 1 MONTH",
    "charindex": "LOCATE('x', a)",
    "substring_index": "SPLIT_PART(a, ',', 1)",
    "initcap": "UPPER(LEFT(a, 1)) || LOWER(SUBSTRING(a, 2))",
    "replicate": "REPEAT(a, 2)",
    "size": "LEN(a)",
    "square": "POWER(a, 2)",
    "newid": "UUID()",
}
"""What to write instead of functions that other databases have, in lower case."""

_TYPES = """
    string varchar boolean tinyint byte smallint int integer bigint long float double decimal date time timestamp datetime bytes
"""

CAST_TYPES = tuple(_TYPES.split())
"""The types that a CAST names."""
