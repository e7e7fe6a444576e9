import json

import numpy as np
import pytest
import safetensors.numpy as reference

from lamd import safetensors

DTYPES = ["bool", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8"]


def some(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(np.random.default_rng(1).integers(0, 2, shape) * 3).astype(dtype)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_the_reference_both_ways(dtype, shape):
    tensors = {"a.b": some(dtype, shape), "c": some("f8", (5,))}
    for decoded in (reference.load(safetensors.dump(tensors)), safetensors.load(reference.save(tensors))):
        assert decoded.keys() == tensors.keys()
        for name, array in tensors.items():
            assert decoded[name].dtype == array.dtype
            np.testing.assert_array_equal(decoded[name], array)


def test_keeps_strided_and_big_endian_arrays():
    tensors = {"t": np.arange(12, dtype=">i4").reshape(3, 4).T[::2]}
    decoded = reference.load(safetensors.dump(tensors))["t"]
    np.testing.assert_array_equal(decoded, tensors["t"])


def test_decodes_into_arrays_that_can_be_written():
    array = safetensors.load(safetensors.dump({"x": np.zeros(2)}))["x"]
    array[0] = 1
    assert array[0] == 1


def test_carries_metadata():
    content = safetensors.dump({"x": np.zeros(1)}, {"env_id": "CartPole-v1"})
    assert safetensors.metadata(content) == {"env_id": "CartPole-v1"}
    assert list(safetensors.load(content)) == ["x"]
    assert safetensors.metadata(safetensors.dump({})) == {}


def test_aligns_the_numbers():
    content = safetensors.dump({"a": np.zeros(3, "?"), "b": np.zeros(2, "f8"), "c": np.zeros(1, "f4")})
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    assert [header[name]["data_offsets"][0] for name in "bca"] == [0, 16, 20]


def test_refuses_dtypes_the_format_lacks():
    with pytest.raises(TypeError, match="complex128"):
        safetensors.dump({"x": np.zeros(1, complex)})


def broken() -> dict[str, bytes]:
    whole = safetensors.dump({"x": np.zeros(2, "f4")})

    def with_header(text: str) -> bytes:
        return len(text).to_bytes(8, "little") + text.encode() + bytes(8)

    return {
        "nothing": b"",
        "short length": b"\0\0\0",
        "short header": (1000).to_bytes(8, "little") + b"{}",
        "short data": whole[:-1],
        "left over": whole + b"\0",
        "no object": with_header("[]"),
        "no JSON": with_header("{"),
        "hole": with_header('{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'),
        "wrong size": with_header('{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}'),
        "unknown dtype": with_header('{"x":{"dtype":"F8","shape":[8],"data_offsets":[0,8]}}'),
    }


@pytest.mark.parametrize("content", broken().values(), ids=broken().keys())
def test_refuses_malformed_files(content):
    with pytest.raises(ValueError):
        safetensors.load(content)
