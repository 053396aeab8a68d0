#!/usr/bin/env python3
"""Makes if97.txt: enthalpy of saturated and superheated steam at the nodes between which Steam.cs interpolates.

IAPWS R7-97(2012), Revised Release on the IAPWS Industrial Formulation 1997: region 2 (equations 15 to 17, tables 10 and 11) and
region 4 (equation 31, table 34). Before anything is written the values that the release publishes for checking programs are computed
(tables 15 and 36). Run: python3 if97.py > if97.txt
"""
import math

J0 = [0, 1, -5, -4, -3, -2, -1, 2, 3]
N0 = [-0.96927686500217e1, 0.10086655968018e2, -0.56087911283020e-2, 0.71452738081455e-1, -0.40710498223928,
      0.14240819171444e1, -0.43839511319450e1, -0.28408632460772, 0.21268463753307e-1]
I = [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 10, 10, 10, 16, 16, 18, 20, 20, 20, 21, 22, 23,
     24, 24, 24]
J = [0, 1, 2, 3, 6, 1, 2, 4, 7, 36, 0, 1, 3, 6, 35, 1, 2, 3, 7, 3, 16, 35, 0, 11, 25, 8, 36, 13, 4, 10, 14, 29, 50, 57, 20, 35, 48, 21,
     53, 39, 26, 40, 58]
N = [-0.17731742473213e-2, -0.17834862292358e-1, -0.45996013696365e-1, -0.57581259083432e-1, -0.50325278727930e-1, -0.33032641670203e-4,
     -0.18948987516315e-3, -0.39392777243355e-2, -0.43797295650573e-1, -0.26674547914087e-4, 0.20481737692309e-7, 0.43870667284435e-6,
     -0.32277677238570e-4, -0.15033924542148e-2, -0.40668253562649e-1, -0.78847309559367e-9, 0.12790717852285e-7, 0.48225372718507e-6,
     0.22922076337661e-5, -0.16714766451061e-10, -0.21171472321355e-2, -0.23895741934104e2, -0.59059564324270e-17, -0.12621808899101e-5,
     -0.38946842435739e-1, 0.11256211360459e-10, -0.82311340897998e1, 0.19809712802088e-7, 0.10406965210174e-18, -0.10234747095929e-12,
     -0.10018179379511e-8, -0.80882908646985e-10, 0.10693031879409, -0.33662250574171, 0.89185845355421e-24, 0.30629316876232e-12,
     -0.42002467698208e-5, -0.59056029685639e-25, 0.37826947613457e-5, -0.12768608934681e-14, 0.73087610595061e-28, 0.55414715350778e-16,
     -0.94369707241210e-6]
S = [0, 0.11670521452767e4, -0.72421316703206e6, -0.17073846940092e2, 0.12020824702470e5, -0.32325550322333e7, 0.14915108613530e2,
     -0.48232657361591e4, 0.40511340542057e6, -0.23855557567849, 0.65017534844798e3]


def enthalpy(p, t):
    """kJ/kg in region 2, from MPa and K."""
    tau = 540 / t
    ideal = sum(n * j * tau ** (j - 1) for n, j in zip(N0, J0))
    residual = sum(n * p ** i * j * (tau - 0.5) ** (j - 1) for n, i, j in zip(N, I, J) if j)
    return 0.461526 * 540 * (ideal + residual)


def boiling(p):
    """K at saturation, from MPa."""
    b = p ** 0.25
    e, f, g = b * b + S[3] * b + S[6], S[1] * b * b + S[4] * b + S[7], S[2] * b * b + S[5] * b + S[8]
    d = 2 * g / (-f - math.sqrt(f * f - 4 * e * g))
    return (S[10] + d - math.sqrt((S[10] + d) ** 2 - 4 * (S[9] + S[10] * d))) / 2


def near(value, published):
    assert abs(value / published - 1) < 5e-9, (value, published)


near(enthalpy(0.0035, 300), 0.254991145e4)
near(enthalpy(0.0035, 700), 0.333568375e4)
near(enthalpy(30, 700), 0.263149474e4)
near(boiling(0.1), 0.372755919e3)
near(boiling(1), 0.453035632e3)
near(boiling(10), 0.584149488e3)

PRESSURES = ([0.01, 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05, 0.06, 0.07, 0.08, 0.09] + [n / 100 for n in range(10, 30, 2)]
             + [n / 100 for n in range(30, 100, 5)] + [n / 10 for n in range(10, 20)] + [n / 10 for n in range(20, 101, 2)])
TEMPERATURES = list(range(60, 350, 10)) + list(range(360, 601, 20))

if __name__ == "__main__":
    print("# Enthalpy of steam by IAPWS-IF97 (R7-97, 2012), made by if97.py. Pressure absolute in MPa, temperature in degrees Celsius, enthalpy in kJ/kg.")
    print("# p, saturation temperature, enthalpy of saturated steam, then of superheated steam at the temperatures of the next line; empty: not steam.")
    print(",,," + ",".join(map(str, TEMPERATURES)))
    for p in PRESSURES:
        t = boiling(p)
        row = [f"{enthalpy(p, c + 273.15):.2f}" if c + 273.15 > t + 0.005 else "" for c in TEMPERATURES]
        print(f"{p:g},{t - 273.15:.2f},{enthalpy(p, t):.2f}," + ",".join(row))
