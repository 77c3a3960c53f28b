"""Every row of the legal taxonomy has its two tests here: one that accepts, one that objects; lapse and sealing only object."""

import re
from pathlib import Path

HERE = Path(__file__).parent
ROWS = """own_initial own_transfer own_agreement own_asset_transfer own_forced_divestment own_court_sale own_nationalisation
own_capital_cut own_return ctl_trusteeship ctl_extended ctl_suspended ctl_ended lapse ctl_court_administrator ctl_concession
res_freeze res_licence res_clearance res_divest_order res_annulled enc_pledge enc_discharged clm_notice_of_dispute clm_filed
clm_interim_measure clm_judgment clm_appeal clm_set_aside rec_recognised rec_government cmp_determined cmp_paid cor_rectify
cor_merge_identity cor_seal ast_registered ast_split"""
REFUSED_ONLY = {"lapse", "cor_seal"}


def test_each_row_is_accepted_once_and_objected_to_once():
    names = set(re.findall(r"^def test_(\w+)\(", "".join(f.read_text() for f in HERE.glob("test_*.py")), re.MULTILINE))
    for row in ROWS.split():
        objected = [name for name in names if name.startswith(f"{row}_objected")]
        accepted = [name for name in names if name.startswith(f"{row}_accepted")]
        assert objected, row
        assert bool(accepted) is (row not in REFUSED_ONLY), row
