"""Pickles are read as data: what is plain comes back, what is not is refused, and nothing is ever run."""

import os
import pickle
import pickletools
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import Error, LimitError, ParseError, UnsupportedError
from filmroll.sources import pickled
from filmroll.sources.pickled_arrays import Array

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.lists(inner).map(tuple),
    max_leaves=20,
)


@given(PLAIN, st.integers(0, 5))
def test_plain_values_come_back_in_every_protocol(value, protocol):
    assert pickled.parse(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", range(2, 5))
@pytest.mark.parametrize("dtype", ["u1", "i1", ">i2", "<i4", "i8", "f4", ">f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_come_back(protocol, dtype, order):
    array = np.asarray(np.arange(6).reshape(2, 3), dtype, order=order)
    found = pickled.parse(pickle.dumps({"data": array}, protocol))["data"]
    np.testing.assert_array_equal(found.numbers, array)
    assert found.numbers.dtype == array.dtype
    assert not found.numbers.flags.writeable


def test_array_of_objects_is_a_list_and_no_object_is_made():
    found = pickled.parse(pickle.dumps(np.array([1, "x", None], object), 4))
    assert (found.shape, found.objects, found.numbers) == ((3,), [1, "x", None], None)


def test_python_2_has_bytes_as_texts():
    """The program that Python 2 and its NumPy write: SHORT_BINSTRING for both, protocol 2."""
    program = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b"
        b"\x87Rq\x05(K\x01K\x01K\x03\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x03\x00\x7f\xfftbU\x06labels]q\x07K\x05au."
    )
    found = pickled.parse(program)
    assert found["data"].numbers.tolist() == [[0, 127, 255]]
    assert found["labels"] == [5]
    assert pickle.loads(program, encoding="latin1")["data"].tolist() == [[0, 127, 255]]


# Malice


class Calls:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(("function", "name"), [(os.system, "system"), (eval, "eval"), (exec, "exec")])
def test_call_is_refused_by_name_and_not_run(tmp_path, protocol, function, name):
    trace = tmp_path / "ran"
    argument = f"touch {trace}" if function is os.system else f"open({str(trace)!r}, 'w')"
    data = pickle.dumps({"data": Calls(function, argument)}, protocol)
    with pytest.raises(UnsupportedError, match=name) as caught:
        pickled.parse(data)
    assert caught.value.offset is not None
    assert not trace.exists()


@pytest.mark.parametrize(
    "module_and_name",
    [
        "os system",
        "builtins eval",
        "__builtin__ eval",
        "posix system",
        "numpy fromfile",
        "numpy.core.multiarray scalar",
        "numpy.testing._private.utils runstring",
        "numpy f2py.compile",
        "numpy  ndarray",
        "numpy _reconstruct",
    ],
)
@pytest.mark.parametrize("opcode", ["GLOBAL", "STACK_GLOBAL", "INST"])
def test_global_that_values_do_not_need_is_refused_by_name(module_and_name, opcode):
    module, name = module_and_name.split(" ", 1)
    program = {
        "GLOBAL": f"c{module}\n{name}\n.".encode(),
        "STACK_GLOBAL": pickle.dumps(module, 4)[11:-2] + pickle.dumps(name, 4)[11:-2] + b"\x93.",
        "INST": f"(i{module}\n{name}\n.".encode(),
    }[opcode]
    with pytest.raises(UnsupportedError, match="refused"):
        pickled.parse(program)


def test_stack_global_of_no_texts_is_refused():
    with pytest.raises(UnsupportedError, match="something that is no text"):
        pickled.parse(b"K\x01K\x02\x93.")


@pytest.mark.parametrize("program", [b"P1\n.", b"K\x01Q.", b"\x82\x01.", b"\x83\x01\x00.", b"\x84\x01\x00\x00\x00."])
def test_persistent_and_extension_numbers_are_refused(program):
    with pytest.raises(UnsupportedError, match="instruction"):
        pickled.parse(program)


NEEDED = {*pickled.VALUES, *pickled.MAKERS, *pickled.PUTS, *pickled.GETS, *pickled.SILENT, *pickled.INSTRUCTIONS}


@pytest.mark.parametrize(
    "opcode", [one for one in pickletools.opcodes if one.name not in NEEDED], ids=lambda one: one.name
)
def test_instruction_that_values_do_not_need_is_refused(opcode):
    argument = b"a\nb\n" if opcode.name == "INST" else b"1\n" if opcode.name == "PERSID" else bytes(8)
    with pytest.raises((UnsupportedError, ParseError)):
        pickled.parse(b"K\x01K\x01" + opcode.code.encode("latin1") + argument + b".")


NDARRAY, DTYPE = b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n" + NDARRAY + b"K\x00\x85C\x01b\x87R"


def dtype_of(name: bytes, state: bytes = b"(K\x03C\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb") -> bytes:
    state = state.replace(b"C\x01|", b"\x8c\x01|")
    return DTYPE + b"\x8c" + bytes([len(name)]) + name + b"\x89\x88\x87R" + state


def array_of(shape: bytes, dtype: bytes, values: bytes) -> bytes:
    return b"\x80\x04" + RECONSTRUCT + b"(K\x01" + shape + dtype + b"\x89" + values + b"tb."


def test_the_pieces_of_these_programs_make_an_array():
    assert pickled.parse(array_of(b"K\x02\x85", dtype_of(b"u1"), b"C\x02ab")).numbers.tolist() == [97, 98]


@pytest.mark.parametrize(
    "name", [b"V8", b"U4", b"S4", b"M8", b"m8", b"i3", b"c16", b"u1,u1", b"(9,)u1", b"object", b""]
)
def test_dtype_that_is_none_of_numbers_is_refused(name):
    with pytest.raises(UnsupportedError, match="only whole and floating numbers"):
        pickled.parse(array_of(b"K\x02\x85", dtype_of(name), b"C\x02ab"))


@pytest.mark.parametrize(
    "state", [b"(K\x03C\x01|K\x01NNtb", b"(K\x03C\x01|NK\x01Ntb", b"(K\x03C\x01|NN}tb", b"(K\x03tb", b"(K\x03NNNNtb"]
)
def test_dtype_with_parts_is_refused(state):
    with pytest.raises(UnsupportedError, match="structures"):
        pickled.parse(array_of(b"K\x02\x85", dtype_of(b"u1", state), b"C\x02ab"))


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        (b"K\x03\x85", b"C\x02ab"),  # more than there are
        (b"K\x01\x85", b"C\x02ab"),  # fewer
        (b"J\xff\xff\xff\xff\x85", b"C\x02ab"),  # below 0
        (b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"C\x02ab"),  # more than memory
        (b"\x8a\x09" + b"\xff" * 8 + b"\x7f\x85", b"C\x02ab"),  # more than an address
        (b"(" + b"K\x01" * 9 + b"t", b"C\x01a"),  # more axes than anyone has
        (b"]", b"C\x02ab"),
        (b"\x8c\x01x\x85", b"C\x02ab"),
        (b"K\x02\x85", b"]"),
        (b"K\x02\x85", b"N"),
    ],
)
def test_array_whose_parts_do_not_agree_is_refused_before_it_is_made(shape, values):
    with pytest.raises(ParseError):
        pickled.parse(array_of(shape, dtype_of(b"u1"), values))


def test_array_of_objects_needs_a_list_of_its_size():
    with pytest.raises(ParseError, match="without a list"):
        pickled.parse(array_of(b"K\x02\x85", dtype_of(b"O8"), b"]"))
    with pytest.raises(ParseError, match="without a list"):
        pickled.parse(array_of(b"K\x02\x85", dtype_of(b"O8"), b"C\x02ab"))


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy\nndarray\nK\x09\x85R.",  # ndarray itself is not called
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\n\x85R.",
        b"cnumpy.core.multiarray\n_reconstruct\n)R.",
        b"cnumpy\ndtype\nK\x01\x85R.",
        b"c_codecs\nencode\n\x8c\x01a\x8c\x05utf-7\x86R.",
        b"K\x01)R.",
        b"}K\x01K\x02sN\x85b.",  # the state of a dict
        RECONSTRUCT + b"}b.",
    ],
)
def test_known_globals_are_called_in_no_other_way(program):
    with pytest.raises(UnsupportedError, match="refused"):
        pickled.parse(program)


def test_bytes_of_python_3_in_protocol_2_are_known():
    assert pickled.parse(pickle.dumps(b"caf\xe9", 2)) == b"caf\xe9"
    with pytest.raises(ParseError):
        pickled.parse(b"c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xac\x8c\x06latin1\x86R.")


# Bombs


def test_billion_laughs_cost_no_more_than_their_bytes():
    laughs = b"".join(b"(h%bh%bl\x94" % (bytes([n]), bytes([n])) for n in range(200))
    found = pickled.parse(b"\x80\x04\x8c\x03lol\x94" + laughs + b".")
    for _ in range(200):
        assert len(found) == 2
        found = found[0]
    assert found == "lol"


def test_keys_that_would_take_forever_to_hash_are_refused():
    laughs = b"".join(b"h%bh%b\x86\x94" % (bytes([n]), bytes([n])) for n in range(100))
    with pytest.raises(UnsupportedError, match="a key that is a tuple"):
        pickled.parse(b"\x80\x04\x8c\x01x\x94" + laughs + b"}h\x64K\x01s.")


def test_deep_nesting_is_no_recursion():
    found = pickled.parse(b"]" * 100_000 + b"a" * 99_999 + b".")
    depth = 1
    while found:
        found, depth = found[0], depth + 1
    assert depth == 100_000


def test_list_that_holds_itself_is_read():
    found = pickled.parse(b"]q\x00h\x00a.")
    assert found[0] is found


def test_place_in_the_memo_takes_no_room():
    assert pickled.parse(b"K\x05r\xff\xff\xff\xffj\xff\xff\xff\xff.") == 5


def test_program_that_is_too_long_is_refused():
    with pytest.raises(LimitError, match="more than 1000 instructions") as caught:
        pickled.parse(b"]" * 5000 + b".", max_opcodes=1000)
    assert caught.value.offset == 1000


def test_pickle_larger_than_any_of_cifars_is_refused_unread(monkeypatch):
    monkeypatch.setattr(pickled, "MAX_NBYTES", 10)
    with pytest.raises(LimitError, match="11 bytes; the limit is 10"):
        pickled.parse(bytes(11))


@pytest.mark.parametrize("code", [b"X", b"T", b"B", b"\x8b"])
def test_announced_length_is_not_allocated(code):
    with pytest.raises(ParseError):
        pickled.parse(code + struct.pack("<I", 0x7FFFFFF0) + b"few.")


# Damage

WHOLE = pickle.dumps({"data": np.arange(6, dtype="u1"), "labels": [1, 2], "text": "x"}, 4)


def read_or_refused(data: bytes) -> bool:
    """Any other error than ours comes out."""
    try:
        pickled.parse(data)
    except Error as exc:
        return exc.offset is not None
    return True


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_pickle_cut_anywhere_is_an_error_of_ours(length):
    with pytest.raises((ParseError, UnsupportedError)):
        pickled.parse(WHOLE[:length])


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_any_byte_changed_gives_a_value_or_an_error_of_ours(place, byte):
    changed = bytearray(WHOLE)
    changed[place] = byte
    assert read_or_refused(bytes(changed))


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_an_error_of_ours(data):
    assert read_or_refused(data + b".")


@pytest.mark.parametrize(
    "program",
    b".|(.|a.|K\x01K\x02a.|K\x01K\x02s.|]K\x01K\x02s.|K\x01t.|h\x07.|}(K\x01u.|(K\x01d.|\x85.|K\x01K\x02R.|K\x01b.|}K\x01e.||"
    b"not a pickle at all|I1x\n.".split(b"|"),
)
def test_program_that_contradicts_itself_is_no_readable_pickle(program):
    with pytest.raises((ParseError, UnsupportedError)):
        pickled.parse(program)


def test_array_that_was_never_filled_is_empty():
    found = pickled.parse(RECONSTRUCT + b".")
    assert isinstance(found, Array)
    assert (found.shape, found.numbers, found.objects) == ((), None, None)
