"""PettingZoo's Connect Four against a scripted opponent, as an environment for one player.

It is `gymnasium/connect_four:ConnectFour-v0` where the daemon finds this module: in its working folder or on its
PYTHONPATH.

Who begins is drawn. The opponent wins where it can, blocks where it must, and else drops its piece anywhere. The reward
is 1 for a game that is won, -1 for one that is lost, and 0 for a draw and for all moves before the end.
"""

from __future__ import annotations

from typing import Any, Optional

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo.classic import connect_four_v3

ROWS, COLUMNS = 6, 7
DIRECTIONS = [(0, 1), (1, 0), (1, 1), (1, -1)]

Board = NDArray[np.int8]
"""One's own pieces and the other's: [row, column, whose], rows from the top."""


class ConnectFour(gymnasium.Env[Board, int]):
    observation_space = spaces.Box(0, 1, (ROWS, COLUMNS, 2), np.int8)
    action_space = spaces.Discrete(COLUMNS)

    def __init__(self) -> None:
        self._game = connect_four_v3.raw_env()
        self._player = ""

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None
    ) -> tuple[Board, dict[str, Any]]:
        super().reset(seed=seed)
        self._game.reset()
        self._player = str(self.np_random.choice(self._game.possible_agents))
        self._let_other_move()
        return self._seen()

    def step(self, action: int) -> tuple[Board, float, bool, bool, dict[str, Any]]:
        self._game.step(int(action))
        self._let_other_move()
        board, info = self._seen()
        return board, float(self._game.rewards[self._player]), self._is_over(), False, info

    def _let_other_move(self) -> None:
        other = self._game.agent_selection
        if other != self._player and not self._is_over():
            self._game.step(scripted(self._game.observe(other)["observation"], self.np_random))

    def _is_over(self) -> bool:
        return any(self._game.terminations.values())

    def _seen(self) -> tuple[Board, dict[str, Any]]:
        board: Board = self._game.observe(self._player)["observation"]
        return board, {"action_mask": open_columns(board).astype(np.int8)}


def open_columns(board: Board) -> NDArray[np.bool_]:
    return ~board[0].any(axis=1)


def scripted(board: Board, random: np.random.Generator) -> int:
    """A winning column, else one where the other would win, else any."""
    columns = np.flatnonzero(open_columns(board)).tolist()
    heights = board.any(axis=2).sum(axis=0).tolist()
    for pieces in (board[..., 0].tolist(), board[..., 1].tolist()):
        for column in columns:
            if makes_four(pieces, ROWS - 1 - heights[column], column):
                return int(column)
    return int(random.choice(columns))


def makes_four(pieces: list[list[int]], row: int, column: int) -> bool:
    """Whether one more piece there completes four in a line."""

    def reach(down: int, right: int) -> int:
        length, r, c = 0, row + down, column + right
        while 0 <= r < ROWS and 0 <= c < COLUMNS and pieces[r][c]:
            length, r, c = length + 1, r + down, c + right
        return length

    return any(reach(down, right) + reach(-down, -right) >= 3 for down, right in DIRECTIONS)


gymnasium.register("ConnectFour-v0", entry_point=ConnectFour, max_episode_steps=ROWS * COLUMNS)
