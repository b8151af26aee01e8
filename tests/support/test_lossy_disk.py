"""What was flushed survives; of the rest anything may."""

from random import Random

import pytest

from tests.support.disk_operations import (
    FOLDER,
    Created,
    Flushed,
    Operation,
    Removed,
    Renamed,
    Resized,
    Written,
)
from tests.support.lossy_disk import LOSSES, Crash, Files

NEW = (Created("a"), Flushed(FOLDER, 1))


def after(loss: str, *operations: Operation, seed: int = 0, sector: int = 512) -> Files:
    return Crash(operations, sector_bytes=sector).files(loss, Random(seed))


def outcomes(loss: str, *operations: Operation) -> set[bytes]:
    return {after(loss, *operations, seed=seed)["a"] for seed in range(200)}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_was_flushed_is_there_however_the_rest_is_lost(loss: str):
    operations = (
        *NEW,
        Written("a", 0, b"kept"),
        Flushed("a", 3),
        Written("a", 512, b"lost"),
    )

    assert all(one.startswith(b"kept") for one in outcomes(loss, *operations))


def test_a_write_without_a_flush_may_be_there_or_not():
    write = Written("a", 0, b"new")

    assert after("all lost", *NEW, write) == {"a": b""}
    assert after("all kept", *NEW, write) == {"a": b"new"}


def test_a_write_that_came_while_a_flush_ran_may_be_lost():
    operations = (*NEW, Written("a", 0, b"new"), Flushed("a", 2))

    assert after("all lost", *operations) == {"a": b""}


def test_a_long_write_may_be_torn_between_sectors():
    assert outcomes("cut", *NEW, Written("a", 0, b"x" * 1024)) == {
        b"",
        b"x" * 512,
        b"x" * 1024,
    }


def test_a_later_write_may_be_there_without_an_earlier_one():
    writes = (Written("a", 0, b"x" * 512), Written("a", 512, b"y"))

    assert bytes(512) + b"y" in outcomes("late first", *NEW, *writes)


def test_one_file_may_be_there_without_the_other():
    operations = (
        Created("a"),
        Created("b"),
        Flushed(FOLDER, 2),
        Written("a", 0, b"one"),
        Written("b", 0, b"two"),
    )
    found = [after("one file", *operations, seed=seed) for seed in range(20)]

    assert {"a": b"", "b": b"two"} in found
    assert {"a": b"one", "b": b""} in found


def test_what_lengthened_a_file_may_have_left_rubbish():
    rubbish = outcomes("scattered", *NEW, Written("a", 0, b"x" * 8)) - {b"", b"x" * 8}

    assert {len(one) for one in rubbish} == {8}


def test_an_old_sector_never_becomes_rubbish():
    operations = (
        *NEW,
        Written("a", 0, b"old"),
        Flushed("a", 3),
        Written("a", 0, b"new"),
    )

    assert outcomes("scattered", *operations) == {b"old", b"new"}


def test_a_file_that_was_cut_may_have_its_old_length():
    operations = (*NEW, Written("a", 0, b"long"), Flushed("a", 3), Resized("a", 1))

    assert after("all lost", *operations) == {"a": b"long"}
    assert after("all kept", *operations) == {"a": b"l"}


def test_the_flush_of_a_file_does_not_save_its_name():
    operations = (Created("a"), Written("a", 0, b"x"), Flushed("a", 2))

    assert after("all lost", *operations) == {}
    assert after("all lost", *operations, Flushed(FOLDER, 3)) == {"a": b"x"}


def test_a_file_whose_removal_was_not_flushed_may_come_back():
    operations = (*NEW, Written("a", 0, b"x"), Flushed("a", 3), Removed("a"))

    assert after("all lost", *operations) == {"a": b"x"}
    assert after("all kept", *operations) == {}


def test_a_new_file_has_nothing_of_the_one_that_had_its_name():
    operations = (*NEW, Written("a", 0, b"x"), Flushed("a", 3), Removed("a"))

    assert after("all kept", *operations, Created("a")) == {"a": b""}


def test_a_file_that_was_renamed_takes_what_it_holds_along():
    operations = (*NEW, Written("a", 0, b"x"), Renamed("a", "b"), Written("b", 1, b"y"))

    assert after("all kept", *operations) == {"b": b"xy"}
