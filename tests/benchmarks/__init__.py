"""Tests of the stand-alone benchmark scripts."""
