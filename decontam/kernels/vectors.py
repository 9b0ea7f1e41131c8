"""Byte access for the kernels that numba cannot express: unaligned 8-byte loads, and 64 bytes classified at once.

Each is a few lines of LLVM IR, so that the compiler picks the vector instructions of the machine it runs on.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_I8, _I64 = ir.IntType(8), ir.IntType(64)
_BLOCK = ir.VectorType(_I8, 64)


def _pointer(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array, index = args
    data = context.make_array(signature.args[0])(context, builder, array).data
    return builder.gep(data, [index])


def _splat(value: int) -> ir.Constant:
    return ir.Constant(_BLOCK, [value] * 64)


def _within(builder: Any, block: Any, first: int, last: int) -> Any:
    """Bytes from ``first`` to ``last``: one subtraction, one unsigned comparison."""
    return builder.icmp_unsigned("<=", builder.sub(block, _splat(first)), _splat(last - first))


def _is(builder: Any, block: Any, char: str) -> Any:
    return builder.icmp_unsigned("==", block, _splat(ord(char)))


def _any(builder: Any, masks: list[Any]) -> Any:
    total = masks[0]
    for mask in masks[1:]:
        total = builder.or_(total, mask)
    return total


def _load_block(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    pointer = builder.bitcast(_pointer(context, builder, signature, args), _BLOCK.as_pointer())
    block = builder.load(pointer)
    block.align = 1
    return block


@intrinsic
def load64(typingctx: Any, array: Any, index: Any) -> Any:
    """The 8 bytes from ``array[index]`` on, little-endian; the caller ensures that they exist."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(builder.bitcast(_pointer(context, builder, signature, args), _I64.as_pointer()))
        value.align = 1
        return value

    return types.uint64(array, index), codegen


def _mask(signs: str, says: str, *, words: bool = False, high: bool = False) -> Any:
    """A kernel's function that sets 64 bits for 64 bytes: for the characters of ``signs``.

    With ``words`` also for ASCII letters and digits, with ``high`` for bytes that are not ASCII.
    """

    @intrinsic
    def mask(typingctx: Any, array: Any, index: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            block = _load_block(context, builder, signature, args)
            matches = [_is(builder, block, char) for char in signs]
            if words:
                matches.append(_within(builder, builder.or_(block, _splat(0x20)), ord("a"), ord("z")))
                matches.append(_within(builder, block, ord("0"), ord("9")))
            if high:
                matches.append(builder.icmp_unsigned(">=", block, _splat(0x80)))
            return builder.bitcast(_any(builder, matches), _I64)

        return types.uint64(array, index), codegen

    mask.__doc__ = says
    return mask


word_mask = _mask("", "ASCII letters and digits, and every byte that is not ASCII.", words=True, high=True)
name_mask = _mask("_$", "What names and numbers in code are made of: word bytes, ``_`` and ``$``.", words=True, high=True)
escape_mask = _mask("\\", "Backslashes.")
escaped_mask = _mask("ntr", "The letters that mean white space after a backslash.")
code_mask = _mask("()[]{}=;_<>", "What occurs in code and not in prose.")

high_mask = _mask("", "Bytes that are not ASCII.", high=True)
base64_mask = _mask("+/-_=", "What base64 is made of, in both of its alphabets.", words=True)
layer_mask = _mask("\\&<%\x1b\n", "Where an escape, a tag, an entity or a terminal's colour may begin, and line ends.")


@intrinsic
def byte_mask(typingctx: Any, array: Any, index: Any, byte: Any) -> Any:
    """64 bits for 64 bytes: set where a byte is ``byte``."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load_block(context, builder, signature, args[:2])
        wanted = builder.insert_element(ir.Constant(_BLOCK, ir.Undefined), args[2], ir.Constant(ir.IntType(32), 0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        wanted = builder.shuffle_vector(wanted, ir.Constant(_BLOCK, ir.Undefined), lanes)
        return builder.bitcast(builder.icmp_unsigned("==", block, wanted), _I64)

    return types.uint64(array, index, types.uint8), codegen


def _count(name: str, bits: Any) -> Any:
    @intrinsic
    def counter(typingctx: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            if name == "cttz":
                return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))
            return builder.ctpop(args[0])

        return types.uint64(types.uint64), codegen

    counter.__doc__ = bits
    return counter


trailing_zeros = _count("cttz", "Zero bits below the lowest set one; 64 where none is set.")
ones = _count("ctpop", "How many bits are set.")
