"""Chinese script: our own phrases, written in simplified characters, for readers of traditional ones.

The table has the characters of our phrases and tables, and no other ones: it is no converter of any text.
"""

import re

#: Simplified characters, and the traditional one of each at the same place.
SIMPLIFIED_CHARACTERS = (
    "万与专业东两个临为举么乐习书买于云产亲亿从仓仪们众会伞传体佛侣储儿党关养兽内册写军农冲况冻准几划则创"
    "别剂剧办务动劳区医华协单卖卫厂厅历压厨参双发变叶号叹后听启员咨响喷团园囱国图圣场垫墙声处备复够头妆妇"
    "妈婴学宝实宠审宫宾对寻导寿将尔尽属岁岗币师帐帘带帮广庄庆库应废开弃强当录态总恋恶愿戏战户扩扫护报拟拦"
    "择换据摄撸数断无旧时显术机杀杂权条来松极构柜标栈树样档桥检楼榄橱欢残殡气汇汉没洁测浏涂渗温游满潜灭灯"
    "灵灾炉点烟烩烫热爱状独猎猫献环现电画疗监盗盘矫码砖确碍礼离种积称税稳竞笔筑筹签简类粮紧红约级纪纱纲纸"
    "纹纺线练组细织经结绘给络绝统续维综绿编缘缝缮网罗职联肤胶脑脚脱艺节苹荐药获营萨蓝虑虚虫虽蚁补装见观规"
    "视览计订认讨让训议讯记设访证评识诊词译试诚话诞询该详语说请读课谁调谢谱财账货购贴贵贷费赁资踪车转轮软"
    "轻较辅辆辑输边达迁过运还这进远适选递遗邮酿采释里针钟钢钣钥钱钻铁铝铲银铺销锁锅键锯镀镇镜长门闪问闲间"
    "闻阅队阳阶际险隐难静页顶项须顾预领频题风飞饪饭饮饰馆馈馏马驶驻驾验骑鱼鲜鸡黄齐龙"
)
TRADITIONAL_CHARACTERS = (
    "萬與專業東兩個臨為舉麼樂習書買於雲產親億從倉儀們眾會傘傳體彿侶儲兒黨關養獸內冊寫軍農沖況凍準幾劃則創"
    "別劑劇辦務動勞區醫華協單賣衛廠廳歷壓廚參雙發變葉號嘆後聽啟員諮響噴團園囪國圖聖場墊牆聲處備復夠頭妝婦"
    "媽嬰學寶實寵審宮賓對尋導壽將爾盡屬歲崗幣師帳簾帶幫廣莊慶庫應廢開棄強當錄態總戀惡願戲戰戶擴掃護報擬攔"
    "擇換據攝擼數斷無舊時顯術機殺雜權條來鬆極構櫃標棧樹樣檔橋檢樓欖櫥歡殘殯氣匯漢沒潔測瀏塗滲溫遊滿潛滅燈"
    "靈災爐點煙燴燙熱愛狀獨獵貓獻環現電畫療監盜盤矯碼磚確礙禮離種積稱稅穩競筆築籌簽簡類糧緊紅約級紀紗綱紙"
    "紋紡線練組細織經結繪給絡絕統續維綜綠編緣縫繕網羅職聯膚膠腦腳脫藝節蘋薦藥獲營薩藍慮虛蟲雖蟻補裝見觀規"
    "視覽計訂認討讓訓議訊記設訪證評識診詞譯試誠話誕詢該詳語說請讀課誰調謝譜財賬貨購貼貴貸費賃資蹤車轉輪軟"
    "輕較輔輛輯輸邊達遷過運還這進遠適選遞遺郵釀採釋裡針鐘鋼鈑鑰錢鑽鐵鋁鏟銀鋪銷鎖鍋鍵鋸鍍鎮鏡長門閃問閒間"
    "聞閱隊陽階際險隱難靜頁頂項須顧預領頻題風飛飪飯飲飾館饋餾馬駛駐駕驗騎魚鮮雞黃齊龍"
)
#: Words with another traditional character than the table's.
TRADITIONAL_WORDS = {
    "关系": "關係",
    "联系": "聯繫",
    "复杂": "複雜",
    "复印": "複印",
    "头发": "頭髮",
    "美发": "美髮",
    "理发": "理髮",
    "烫发": "燙髮",
    "面包": "麵包",
    "面条": "麵條",
    "制作": "製作",
    "制造": "製造",
    "定制": "訂製",
    "手工制": "手工製",
    "精制": "精製",
    "自制": "自製",
    "游泳": "游泳",
    "日历": "日曆",
    "词汇": "詞彙",
    "干净": "乾淨",
    "干洗": "乾洗",
    "细致": "細緻",
    "精致": "精緻",
}
CHARACTER_TABLE = str.maketrans(SIMPLIFIED_CHARACTERS + "“”", TRADITIONAL_CHARACTERS + "「」")
TRADITIONAL_WORD_PATTERN = re.compile("|".join(TRADITIONAL_WORDS))
SIMPLIFIED_CHARACTER_PATTERN = re.compile(f"[{SIMPLIFIED_CHARACTERS}]")
TRADITIONAL_CHARACTER_PATTERN = re.compile(f"[{TRADITIONAL_CHARACTERS}]")


def write_in_traditional_characters(phrase: str) -> str:
    """Return one of our phrases in traditional characters, with their quotation marks."""
    words = TRADITIONAL_WORD_PATTERN.sub(lambda match: TRADITIONAL_WORDS[match[0]], phrase)
    return words.translate(CHARACTER_TABLE)


def is_traditional_chinese(text: str) -> bool:
    """Return whether a Chinese text has more traditional characters of the table than simplified ones."""
    traditional = len(TRADITIONAL_CHARACTER_PATTERN.findall(text))
    return traditional > len(SIMPLIFIED_CHARACTER_PATTERN.findall(text))
