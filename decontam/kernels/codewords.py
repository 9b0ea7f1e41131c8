"""Names that no renaming changes: reserved words and builtins of the languages that the code channel reads.

A word that programs of another language use for a variable (``char`` or ``table`` in Python) is left out: numbered like any own
name it is found either way. SQL's are kept in capitals, where they cannot be meant otherwise.
"""

from __future__ import annotations

_PYTHON = """
and as assert async await break case class continue def del elif else except finally for from global if import in is lambda
match none nonlocal not or pass raise return true false try while with yield
abs all any ascii bin bool bytearray bytes callable chr complex delattr dict divmod enumerate eval exec float frozenset getattr
hasattr hex int isinstance issubclass iter len list map max min oct open ord pow print range repr reversed round set setattr
sorted staticmethod classmethod property str sum super tuple zip self cls
valueerror typeerror keyerror indexerror exception runtimeerror attributeerror stopiteration zerodivisionerror
notimplementederror assertionerror oserror
"""
_BRACES = """
const let var function typeof instanceof delete switch do throw catch void static undefined null nan infinity boolean symbol
promise math json console parseint parsefloat isnan regexp interface enum implements readonly private public protected namespace
struct typedef sizeof unsigned double inline virtual override constexpr throws synchronized impl trait pub mut unsafe crate defer
fallthrough nil uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32 float64 i8 i16 i32 i64 u8 u16 u32 u64 usize isize f32
f64 std cout cin endl println printf fmt
"""
_SQL = """
SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET JOIN INNER LEFT RIGHT OUTER FULL CROSS ON UNION ALL DISTINCT COUNT AVG SUM
MIN MAX BETWEEN LIKE ILIKE EXISTS WHEN THEN CASE ELSE END CREATE TABLE INSERT INTO VALUES UPDATE SET DELETE WITH OVER PARTITION
RANK ROW_NUMBER COALESCE CAST NULL ASC DESC INTERVAL EXTRACT PRIMARY KEY REFERENCES VARCHAR INTEGER NUMERIC TIMESTAMP AND OR NOT
IN IS AS IF
"""
_LOWER_SQL = "select where having ilike coalesce varchar row_number"

KEPT = tuple(sorted({*_PYTHON.split(), *_BRACES.split(), *_SQL.split(), *_LOWER_SQL.split()}))
