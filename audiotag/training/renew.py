"""A model's network files written anew from its own weights: after a change of how they are written, or of
constants in the network file.

    python -m audiotag.training.renew weights/resnet50.json ARCHIVE... [--leave-out NAME]

The archives are those that it was trained on: the 8 bits are fitted to their `train`.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from audiotag.errors import AudiotagError
from audiotag.model.card import ModelCard, load_card, write_card
from audiotag.training.outputs.network_files import Calibrating, write_network
from audiotag.training.recipe import recipe_for
from audiotag.training.run import Order, load_corpus


def renew(card: ModelCard, calibrating: Calibrating) -> ModelCard:
    """Write the network files anew beside the card, and the card with their digests.

    Raises ModelError when the old file is not the network that the card describes, OSError.
    """
    from audiotag.model.onnx_weights import load_network

    network = load_network(card)
    files = write_network(network, card.name, calibrating, card.folder)
    renewed = replace(card, files=files, training={**card.training, "int8": calibrating.to_card(files)})
    write_card(renewed)
    return renewed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("card", metavar="CARD", help="a model card (.json)")
    parser.add_argument("archives", nargs="+", type=Path, metavar="ARCHIVE")
    parser.add_argument("--leave-out", action="append", default=[], metavar="NAME", help="as for train")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        card = load_card(given.card)
        order = Order(
            tuple(given.archives), "resnet50", recipe_for("resnet50"), left_out=tuple(given.leave_out)
        )
        calibrating = Calibrating.of(load_corpus(order), card.frontend.frames, order.recipe.seed)
        for kind, file in renew(card, calibrating).files.items():
            print(
                f"{kind}: {card.folder / file.name}, {(card.folder / file.name).stat().st_size / 1e6:.1f} MB"
            )
    except AudiotagError as fault:
        raise SystemExit(str(fault)) from fault


if __name__ == "__main__":
    main()
