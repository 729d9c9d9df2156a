"""The resampler as imbalanced-learn sees it: its checks and its pipelines."""

import numpy as np
import pytest

from abound.estimators import Resampler

pytest.importorskip("imblearn", reason="imbalanced-learn is not installed: pip install 'abound[dev]'")


def as_sampler():
    """The resampler with the tags that imbalanced-learn's checks read, and as one of its over-samplers."""
    from imblearn.over_sampling.base import BaseOverSampler

    class Sampler(Resampler):
        def __sklearn_tags__(self):
            from dataclasses import fields

            from imblearn.utils._tags import InputTags, SamplerTags, Tags

            own = super().__sklearn_tags__()
            given = {f.name: getattr(own.input_tags, f.name) for f in fields(own.input_tags)}
            rest = {f.name: getattr(own, f.name) for f in fields(own) if f.name != "input_tags"}
            return Tags(**rest, input_tags=InputTags(**given), sampler_tags=SamplerTags())

    BaseOverSampler.register(Sampler)
    return Sampler()


def checks():
    from imblearn.utils.estimator_checks import estimator_checks_generator

    return list(estimator_checks_generator(as_sampler()))


def check_name(value):
    return getattr(getattr(value, "func", value), "__name__", "")


@pytest.mark.parametrize(("estimator", "check"), checks(), ids=check_name)
def test_imbalanced_learn_agrees(estimator, check):
    check(estimator)


def test_it_works_in_a_pipeline_of_imbalanced_learn():
    from imblearn.pipeline import make_pipeline
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    x = rng.normal(size=(300, 3)) + y[:, None]
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    more = make_pipeline(StandardScaler(), Resampler(random_state=0), LogisticRegression()).fit(x, y)
    assert more.predict(x).sum() > 2 * plain.predict(x).sum()
