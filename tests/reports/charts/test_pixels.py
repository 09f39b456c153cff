"""Pixels become a PNG that a decoder reads back, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from paribus.reports.charts.pixels import diverging, grey, png_uri
from planted_tables import decoded


@pytest.mark.parametrize("channels", [3, 4])
def test_a_decoder_reads_the_pixels_back(channels):
    pixels = np.random.default_rng(1).random((5, 7, channels))
    read = decoded(png_uri(pixels))
    np.testing.assert_array_equal(read, np.rint(255 * pixels).astype(np.uint8))


def test_values_beyond_the_range_are_cut_off():
    pixels = np.array([[[-1.0, 0.5, 2.0]]])
    assert decoded(png_uri(pixels)).tolist() == [[[0, 128, 255]]]


def test_a_diverging_scale_is_white_at_zero_and_alike_on_both_sides():
    colours = diverging(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]), 1.0)[0]
    assert colours[2].tolist() == [1.0, 1.0, 1.0]
    assert colours[0].tolist() == colours[1].tolist()
    assert colours[3].tolist() == colours[4].tolist()
    assert colours[1, 2] > colours[1, 0]  # blue below zero
    assert colours[3, 0] > colours[3, 2]  # orange above
    assert (diverging(np.zeros((1, 2)), 0.0) == 1.0).all()


def test_grey_goes_from_white_to_black():
    assert grey(np.array([[0.0, 8.0, 16.0]]), 16.0)[0, :, 0].tolist() == [1.0, 0.5, 0.0]
    assert (grey(np.zeros((1, 2)), 0.0) == 1.0).all()
